import { importFiles } from "../state/library.ts";
import { attempt, fail } from "../state/session.ts";
import { t } from "../text/index.ts";
import { inside } from "../text/insides.ts";

/** Brings in runs, checkpoints and comparisons. */
export function ImportButton() {
  return <FileButton name={t().runs.import} accept=".zip,application/zip,.jsonl" />;
}

/** Where nothing can be stored or trained: comparisons alone, whose runs can be replayed. */
export function ComparisonButtons() {
  return (
    <>
      <PublishedButton />
      <FileButton name={inside().comparison.open} accept=".jsonl" />
    </>
  );
}

/** The runs of docs/results, which come with the page. */
export function PublishedButton() {
  const show = async () => {
    const { openPublishedCurves } = await import("../state/curves.ts");
    await openPublishedCurves();
  };
  return (
    <button type="button" onClick={() => attempt(show).catch(fail)}>
      {inside().comparison.published}
    </button>
  );
}

function FileButton({ name, accept }: { name: string; accept: string }) {
  const take = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = "";
    return importFiles(files);
  };
  return (
    <label class="button">
      {name}
      <input class="unseen" type="file" accept={accept} multiple onChange={take} />
    </label>
  );
}
