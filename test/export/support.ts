import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs Python on files in a temporary folder of their own, with text as standard input; gives what it printed. */
export async function runPython(files: Readonly<Record<string, string>>, input: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "bellows-python-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return await new Promise((resolve, reject) => {
      const child = execFile(
        "python3",
        [join(folder, "main.py")],
        { maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`${error.message}\n${stderr}`));
        },
      );
      child.stdin!.end(input);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
