import { type Cell, cellsOf } from "../compare/cells.ts";
import { MATRIX, openComparison, readMatrix, readResult } from "../compare/folder.ts";
import { type Matrix, parseMatrix } from "../compare/matrix.ts";
import { BellowsError, invalid } from "../errors.ts";
import { checkFree, obeyParent, type Place, placeOf, print } from "../host/node-program.ts";
import { joinPath } from "../io/storage.ts";
import {
  type CellEngine,
  type EngineChoice,
  type EngineFlags,
  LocalEngine,
  parseEngine,
} from "./cell-engine.ts";
import { runCell } from "./compare-cell.ts";
import { Comparison } from "./comparison.ts";
import { parseJsonFile } from "./flags.ts";
import { RayEngine } from "./ray-engine.ts";

export interface CompareFlags extends EngineFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly cell?: string;
  readonly json?: boolean;
}

/** Folder in which comparisons are made unless `--out` names one. */
const COMPARISONS = "comparisons";

/** `bellows compare [matrix]`: runs what is not done yet of a matrix, and reports. Returns the exit status. */
export async function runCompare(file: string | undefined, flags: CompareFlags): Promise<number> {
  const choice = parseEngine(flags);
  const named = flags.resume === undefined ? await newPlan(file, flags) : await resumedPlan(file, flags);
  const { folder, matrix } = named;
  const cells = cellsOf(matrix);
  if (flags.cell !== undefined) return runOne(folder, matrix, cells, flags);
  await openComparison(folder.storage, folder.path, matrix);
  const finished = await finishedCells(folder, cells);
  const json = flags.json === true;
  const engine = await openEngine(
    folder,
    finished.size === cells.length ? { kind: "local", jobs: 1 } : choice,
    json,
  );
  try {
    return await new Comparison({ ...named, cells }, engine, finished, json).run();
  } finally {
    await engine.close();
  }
}

async function openEngine(folder: Place, choice: EngineChoice, json: boolean): Promise<CellEngine> {
  if (choice.kind === "local") return new LocalEngine(folder.shown, choice.jobs);
  if (!json) print("connecting to Ray");
  return RayEngine.connect(folder, choice.options);
}

/** One cell of a comparison that is there: what `bellows compare` starts for each. */
function runOne(
  folder: Place,
  matrix: Matrix,
  cells: readonly Cell[],
  { cell: name = "", resume }: CompareFlags,
): Promise<number> {
  if (resume === undefined) throw wrongFlags("cell", "--cell needs --resume, the comparison that it is of");
  const cell = cells.find((candidate) => candidate.name === name);
  if (cell === undefined) {
    throw invalid("input-invalid", "--cell", name, `one of ${cells.map((one) => one.name).join(", ")}`);
  }
  obeyParent();
  return runCell(folder, matrix, cell);
}

/** The matrix of a file, and where it is compared: nowhere yet, or where the same matrix was begun. */
async function newPlan(file: string | undefined, { out }: CompareFlags) {
  if (file === undefined) {
    const hint = "Name a file, e.g. docs/results/matrix.json, or go on with a comparison: --resume <folder>.";
    throw wrongFlags("matrix", "a matrix is missing", hint);
  }
  const matrix = parseMatrix(parseJsonFile(file));
  const folder = placeOf(out ?? joinPath(COMPARISONS, matrix.name));
  const { storage, path, shown } = folder;
  const isBegun = await storage.exists(joinPath(path, MATRIX)); // whether with this matrix, `openComparison` looks
  // A call that was killed as it began leaves a folder with nothing in it.
  const isEmpty = (await storage.list(path)).length === 0;
  if (!isBegun && !isEmpty)
    await checkFree(folder, `It is no comparison. Choose another --out than ${shown}.`);
  return { file, matrix, folder };
}

/** The matrix that a comparison was begun with. */
async function resumedPlan(matrix: string | undefined, { out, resume = "" }: CompareFlags) {
  if (matrix !== undefined || out !== undefined) {
    const other = matrix === undefined ? "--out" : "a matrix";
    throw wrongFlags("resume", `${other} cannot go with --resume; a comparison goes on with its own`);
  }
  const folder = placeOf(resume);
  const { storage, path, shown } = folder;
  return { file: joinPath(shown, MATRIX), matrix: await readMatrix(storage, path), folder };
}

async function finishedCells({ storage, path }: Place, cells: readonly Cell[]): Promise<Set<string>> {
  const finished = new Set<string>();
  for (const { name } of cells) if ((await readResult(storage, path, name)) !== null) finished.add(name);
  return finished;
}

function wrongFlags(field: string, message: string, hint = ""): BellowsError {
  return new BellowsError("input-invalid", message, { field, hint });
}
