import * as behaviour from "./claims-behaviour.ts";
import * as cycle from "./claims-cycle.ts";
import * as methods from "./claims-methods.ts";
import * as schedule from "./claims-schedule.ts";
import type { Evidence } from "./seeds.ts";
import type { Claim } from "./verdict.ts";

/** Every claim of the paper that the toy can be asked, in the paper's order, and last two of our own. */
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
    methods.liesOnFront,
    methods.lowIsLikeDeepscaler,
    methods.lowIsShortWhereHard,
    methods.highBeatsTwoStage,
    methods.highBeatsFixed,
    methods.highBeatsOnHardest,
    methods.highIsShorter,
    methods.highBeatsAll,
    methods.compressingMethodsLose,
    methods.cappingBeatsPenalty,
    methods.bestRatio,
    behaviour.lengthLags,
    behaviour.lagIsAsLong,
    behaviour.waitMoves,
    behaviour.waitReturns,
    behaviour.otherWordsStay,
    behaviour.entropyMoves,
    behaviour.entropyIsBounded,
    behaviour.entropyAndAccuracy,
    schedule.longerIsMoreAccurate,
    schedule.longerIsMilder,
    schedule.longerSwingsMore,
    schedule.cosinePreserves,
    schedule.stairGains,
    schedule.stairStalls,
    schedule.stairCosineCombines,
    methods.longExpansionWins,
    methods.lengthPenaltyWins,
  ].map((claim) => claim(evidence));
}
