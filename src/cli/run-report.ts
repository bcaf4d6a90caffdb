import { version } from "../../package.json";
import type { Gpu } from "../gpu/device.ts";
import { readAbout } from "../io/about.ts";
import { reportHtml } from "../io/report/report.ts";
import { figureSvg } from "../io/report/svg-figure.ts";
import { readLog } from "../io/run-folder.ts";
import { joinPath, type Storage } from "../io/storage.ts";
import type { Variants } from "../model/variants.ts";
import { TASKS } from "../tasks/registry.ts";
import type { Config } from "../train/config.ts";

/** Writes `report.html`, and its main picture as `figure.svg`, from what the run has logged so far. */
export async function writeReport(
  storage: Storage,
  run: string,
  config: Config,
  gpu: Gpu,
  variants: Variants,
): Promise<void> {
  const { title } = await readAbout(storage, run);
  const data = {
    name: title.split("/").at(-1)!,
    task: TASKS.get(config.task.name)?.description ?? "",
    config,
    lines: await readLog(storage, run, "metrics"),
    environment: {
      bellows: version,
      adapter: gpu.adapter.device || gpu.adapter.description,
      variants: Object.entries(variants)
        .map(([name, value]) => `${name}=${value}`)
        .join(", "),
    },
  };
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  await storage.write(joinPath(run, "report.html"), bytes(reportHtml(data)));
  await storage.write(joinPath(run, "figure.svg"), bytes(figureSvg(data)));
}
