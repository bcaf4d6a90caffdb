import * as behaviour from "./claims-behaviour.ts";
import * as cycle from "./claims-cycle.ts";
import * as methods from "./claims-methods.ts";
import * as schedule from "./claims-schedule.ts";
import type { Evidence } from "./seeds.ts";
import type { Claim } from "./verdict.ts";

/** Every claim of the paper that the toy can be asked, in the paper's order, and last one of our own. */
export function claimsOf(evidence: Evidence): Claim[] {
  return [
    cycle.compressionShortens,
    cycle.compressionIsMild,
    cycle.expansionRaises,
    cycle.cyclesGain,
    cycle.cyclesKeepLength,
    cycle.compressedGain,
    cycle.compressedShorten,
    cycle.lowBeatsBase,
    methods.highBeatsTwoStage,
    methods.highBeatsFixed,
    methods.highBeatsOnHardest,
    methods.highIsShorter,
    methods.highBeatsAll,
    methods.compressingMethodsLose,
    methods.bestRatio,
    behaviour.lengthLags,
    behaviour.lagIsAsLong,
    behaviour.waitMoves,
    behaviour.otherWordsStay,
    behaviour.entropyMoves,
    behaviour.entropyIsBounded,
    schedule.longerIsMoreAccurate,
    schedule.longerIsMilder,
    schedule.longerSwingsMore,
    schedule.cosinePreserves,
    schedule.stairGains,
    schedule.stairCosineCombines,
    methods.longExpansionWins,
  ].map((claim) => claim(evidence));
}
