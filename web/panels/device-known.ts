import * as model from "../state/model.ts";

/**
 * Settles once it is known whether there is a device, which is when Play can be pressed: what Play needs is fetched first. The
 * mark is what test/browser/weight.test.ts measures by.
 */
export const deviceIsKnown = new Promise<void>((resolve) => {
  model.device.subscribe((device) => {
    if (device === null) return;
    performance.mark("device known");
    resolve();
  });
});
