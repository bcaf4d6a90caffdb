import { t } from "../text/index.ts";
import { Dialog } from "./dialog.tsx";
import { SHORTCUTS } from "./keyboard.ts";

/** The keyboard map, and in a few words what happens here. */
export default function Help({ onClose }: { onClose: () => void }) {
  const words = t();
  const { help } = words;
  return (
    <Dialog class="help" title={help.title} onClose={onClose}>
      <table>
        <thead>
          <tr>
            <th scope="col">{help.key}</th>
            <th scope="col">{help.does}</th>
          </tr>
        </thead>
        <tbody>
          {SHORTCUTS.map(({ key, label, does }) => (
            <tr key={key}>
              <td>
                <kbd>{label(words)}</kbd>
              </td>
              <td>{does(words)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{help.what}</h3>
      {help.explanation.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <p class="quiet">
        {help.hidden} {help.privacy}
      </p>
    </Dialog>
  );
}
