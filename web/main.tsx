/** Where the page begins. */
import { render } from "preact";
import { keepForOfflineUse } from "./offline/register.ts";
import { listenToKeys } from "./panels/keyboard.ts";
import { Shell } from "./panels/shell.tsx";
import { connect } from "./state/actions.ts";
import {
  keepAwake,
  keepEstimate,
  keepHash,
  keepNames,
  keepStorage,
  tellOfHiddenTime,
} from "./state/effects.ts";
import { keepPreferences } from "./state/preferences.ts";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/parts.css";
import "./styles/presenter.css";

keepPreferences();
keepHash();
keepNames();
keepEstimate();
keepAwake();
keepStorage();
tellOfHiddenTime();
listenToKeys();
render(<Shell />, document.getElementById("app")!);
keepForOfflineUse();
await connect();
