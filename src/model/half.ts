/** IEEE 754 half precision: 1 bit sign, 5 bits exponent, 10 bits fraction. Kept as the bits, in 16-bit integers. */

/** The largest half. */
export const LARGEST_HALF = 65_504;

/** The halves nearest to the values; between two, the even one. Values beyond the largest half become infinite. */
export function toHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const small = new Float32Array(1);
  const smallBits = new Uint32Array(small.buffer);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fff_ffff;
    if (magnitude >= 0x477f_f000) {
      // From halfway to what would be the next half on; NaN is above infinity.
      halves[i] = sign | (magnitude > 0x7f80_0000 ? 0x7e00 : 0x7c00);
    } else if (magnitude >= 0x3880_0000) {
      // Thirteen bits of the fraction go; what is added rounds, and may carry into the exponent, which is as it should be.
      halves[i] = sign | ((magnitude - 0x3800_0000 + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      // Subnormal: beside ½ a float counts in steps of 2⁻²⁴, as do these halves.
      smallBits[0] = magnitude;
      small[0] = small[0]! + 0.5;
      halves[i] = sign | (smallBits[0]! - 0x3f00_0000);
    }
  }
  return halves;
}

/** The value of a half. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
