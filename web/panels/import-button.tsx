import { importFiles } from "../state/library.ts";
import { t } from "../text/index.ts";
import { inside } from "../text/insides.ts";

/** Brings in runs, checkpoints and comparisons. */
export function ImportButton() {
  return <FileButton name={t().runs.import} accept=".zip,application/zip,.jsonl" />;
}

/** Where nothing can be stored or trained: comparisons alone, whose runs can be replayed. */
export function OpenComparisonButton() {
  return <FileButton name={inside().comparison.open} accept=".jsonl" />;
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
