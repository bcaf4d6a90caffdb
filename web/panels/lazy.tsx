import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../text/index.ts";

/**
 * A component whose code is fetched when it is first drawn, so that the page is ready before all of it is there. Where that
 * fails (offline, or a new version was put in place), it says so and tries again when asked.
 */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [Component, setComponent] = useState<{ readonly type: ComponentType<Props> } | null>(
      loaded === null ? null : { type: loaded },
    );
    const [attempt, setAttempt] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      load().then(
        (type) => {
          loaded = type;
          setComponent({ type });
        },
        (error: unknown) => {
          console.warn(error);
          setFailed(true);
        },
      );
    }, [attempt]);
    if (Component !== null) return <Component.type {...props} />;
    if (!failed) return <p class="loading quiet">{t().app.loading}</p>;
    const retry = () => {
      setFailed(false);
      setAttempt(attempt + 1);
    };
    return (
      <p role="alert">
        {t().panels.failed}{" "}
        <button type="button" onClick={retry}>
          {t().panels.retry}
        </button>
      </p>
    );
  };
}
