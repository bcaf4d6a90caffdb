import { BellowsError } from "../errors.ts";
import { openGpu } from "../gpu/device.ts";
import { doctorReport, doctorText } from "../host/adapter-report.ts";
import { nodeVersions } from "../host/node.ts";
import { print } from "../host/node-program.ts";
import { ensureAdapter } from "../host/node-setup.ts";

/** Exit status of a command that finds no adapter. */
export const NO_ADAPTER_STATUS = 2;

/**
 * `bellows doctor`: prints adapter, driver, features, limits and what they mean. Installs nothing.
 * @returns the exit status: 0, or 2 where no device can be had, which is then explained.
 */
export async function runDoctor(options: { readonly json: boolean }): Promise<number> {
  const versions = nodeVersions();
  try {
    const webgpu = await ensureAdapter({ install: false });
    const gpu = await openGpu(webgpu);
    const report = doctorReport(gpu, (await webgpu.requestAdapter())!, versions);
    gpu.close();
    print(options.json ? JSON.stringify(report, null, 2) : doctorText(report));
    return 0;
  } catch (error) {
    if (!(error instanceof BellowsError)) throw error;
    const { bellows, host, platform, webgpu } = versions;
    print(
      options.json
        ? JSON.stringify({ versions, error: error.toData() }, null, 2)
        : `bellows ${bellows} on ${host}, ${platform}; ${webgpu}\n\n${error.message}\n${error.hint}`,
    );
    return NO_ADAPTER_STATUS;
  }
}
