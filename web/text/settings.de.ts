/** What the config schema and the tasks say of each setting, in German. A test holds that none is missing. */

const adamw = (group: string): Record<string, string> => ({
  [`${group}.beta1`]: "AdamWs Abklingfaktor des mittleren Gradienten",
  [`${group}.beta2`]: "AdamWs Abklingfaktor des mittleren quadrierten Gradienten",
  [`${group}.eps`]: "AdamWs ε, zur Wurzel des mittleren quadrierten Gradienten addiert",
  [`${group}.weightDecay`]: "entkoppelter Gewichtszerfall, auf jeden Parameter angewandt",
  [`${group}.gradientClip`]: "Norm, auf die der Gradient im Ganzen begrenzt wird; 0: gar nicht",
});

const rate = (group: string): Record<string, string> => ({
  [`${group}.learningRate`]: "Lernrate nach dem Anwärmen und vor dem Abklingen",
  [`${group}.warmupSteps`]: "Schritte, über die die Lernrate linear anwächst",
  [`${group}.decay`]: "wie die Lernrate nach dem Anwärmen fällt",
  [`${group}.decayFloor`]: "Bruchteil der Lernrate, bei dem das Abklingen endet",
});

/** By path. */
export const settingsDe: Readonly<Record<string, string>> = {
  seed: "Seed aller Zufallszahlen des Laufs",
  init: "woher die Gewichte kommen: `pre-rl` oder `two-modes` (mitgeliefert), `random` oder der Pfad eines Checkpoint-Ordners",

  "task.name": "was trainiert wird: die Art der Aufgaben",
  "task.settings": "Einstellungen der Aufgabe, die von ihren Vorgaben abweichen",
  "task.levelWeights":
    "wie oft jede Schwierigkeit gezogen wird, im Verhältnis zu den anderen; leer: alle gleich oft",

  "text.file": "bei Text: Datei mit Aufgaben, je Zeile ein JSON-Objekt mit prompt und answer",
  "text.answer":
    "bei Text: wo eine Antwort ihr Ergebnis nennt: \\boxed{x}, #### x, <answer>x</answer> oder die letzte Zahl",
  "text.promptTokens": "bei Text: größte Zahl von Tokens einer Aufgabe",

  "model.hidden_size": "Breite des Residualstroms; ein Vielfaches von 4",
  "model.intermediate_size": "Breite der SwiGLU-Schicht; ein Vielfaches von 4",
  "model.num_hidden_layers": "Zahl der Schichten",
  "model.num_attention_heads": "Query-Köpfe",
  "model.num_key_value_heads": "Key- und Value-Köpfe; ein Teiler der Query-Köpfe",
  "model.head_dim": "Kanäle eines Kopfes; ein Vielfaches von 8",
  "model.max_position_embeddings": "längste Folge, Aufgabe und Antwort zusammen",
  "model.rms_norm_eps": "ε von RMSNorm",
  "model.rope_theta": "Basis der Drehfrequenzen",

  "model.rope_scaling":
    "wie die Drehfrequenzen von denen zu rope_theta abweichen, wie in config.json; null: gar nicht",
  "model.attention_bias": "ob Queries, Keys und Values einen Bias haben: bei Qwen2 ja, bei Llama nein",
  "model.tie_word_embeddings": "ob die Token-Einbettung auch der Kopf ist",
  "lora.rank":
    "Rang r von Adaptern, die anstelle der Gewichte trainiert werden, welche bleiben, wie sie sind (LoRA); ein Vielfaches von 4; 0: keine, alle Gewichte werden trainiert",
  "lora.alpha": "α: was ein Adapter beiträgt, wird mit α / Rang multipliziert",
  "lora.targets":
    "die Matrizen einer Schicht, die einen Adapter bekommen: Namen aus q, k, v, o, gate, up, down mit Kommas dazwischen",
  "lora.init": "woher die Adapter kommen: `random` oder der Pfad eines Ordners, wie PEFT ihn schreibt",
  "lora.merge":
    "ob ein Lauf am Ende als Checkpoint `merged` das Modell hinterlässt, in das seine Adapter eingerechnet sind",

  "schedule.kind": "Form des Längenbudgets L(t)",
  "schedule.lmax": "größtes Budget; auch die Länge, bei der die Auswertung abbricht",
  "schedule.lmin": "kleinstes Budget",
  "schedule.cycle": "Schritte eines Zyklus aus Kompression und Expansion",
  "schedule.compression":
    "Anteil eines Zyklus, in dem das Budget fällt; das ½ des Papers lässt der Ausdehnung ebenso viel",
  "schedule.alignment": "wo `stair` niedrig ist: in der ersten Hälfte eines Zyklus oder in seiner Mitte",
  "schedule.stages": "für `staged` und `staircase`: das Budget ab jedem Schritt",

  "rl.steps": "Rollouts, auf die jeweils ihre Änderungen folgen",
  "rl.promptsPerStep": "Aufgaben eines Rollouts",
  "rl.groupSize": "Antworten auf jede Aufgabe: die Gruppe, an der eine Antwort gemessen wird",
  "rl.temperature": "Temperatur beim Ziehen im Training",
  ...rate("rl"),
  ...adamw("rl"),
  "rl.miniBatches": "Änderungen je Rollout, jede an ihrem Teil der Gruppen; 1 ist on-policy",
  "rl.lossAggregation": "wie aus den Verlusten der Token einer wird",
  "rl.clipLow": "ε nach unten: das Verhältnis wird bei 1 − clipLow abgeschnitten",
  "rl.clipHigh": "ε nach oben: das Verhältnis wird bei 1 + clipHigh abgeschnitten",
  "rl.dualClip": "Schranke c des Verlusts bei negativem Vorteil; 0: keine",
  "rl.advantageStd": "Standardabweichung, durch die Vorteile geteilt werden",
  "rl.advantageEps": "was zu dieser Abweichung addiert wird",
  "rl.klKind": "Schätzer der KL-Strafe gegen das Startmodell",
  "rl.klCoefficient": "Gewicht der KL-Strafe",
  "rl.entropyCoefficient": "Gewicht des Entropie-Bonus",
  "rl.exploreIn":
    "wann der Entropie-Bonus zählt und clipHigh größer sein darf als clipLow: in jeder Phase oder nur, während das Budget wächst",
  "rl.overlong":
    "eine abgeschnittene Antwort: bestraft wie eine falsche, vom Verlust ausgenommen oder sanft bestraft",
  "rl.overlongBuffer": "Token vor dem Budget, über die die sanfte Strafe wächst",
  "rl.groupFilter":
    "dynamisches Ziehen: mit jeder Gruppe trainieren oder nur mit denen, die Richtiges und Falsches mischen",
  "rl.maxRollouts": "die meisten Rollouts, die das dynamische Ziehen für einen Schritt macht",
  "rl.stageGroupSizes": "Gruppengröße in jedem Abschnitt des Budgets; leer: durchweg `groupSize`",
  "rl.stageStart": "was ein neuer Abschnitt des Budgets mit Optimierer und Referenzmodell macht",
  "rl.tokenBudget":
    "der Lauf endet mit dem Schritt, der im Ganzen so viele Token erzeugt hat; 0: kein solches Ende",

  "method.name": "wessen Belohnungen, Paare und Verluste gelten; ein Rezept stellt es ein",
  "method.refreshEvery": "Schritte, nach denen das Referenzmodell zum jetzigen Modell wird; 0: nie",
  "method.lengthCoefficient": "Gewicht des eigenen Längenterms der Methode",
  "method.lengthFrom": "erster Schritt, in dem der Längenterm zählt",
  "method.preferenceBeta": "β von SimPO und DPO",
  "method.preferenceMargin": "Vorsprung, den SimPO verlangt, geteilt durch β",
  "method.nllCoefficient":
    "Gewicht der mittleren negativen Log-Wahrscheinlichkeit gewählter Antworten neben dem Verlust der Paare",
  "method.dropFraction": "Bruchteil der Paare, die mit dem kleinsten Abstand, der wegbleibt",
  "method.chosen": "welche Antwort gewählt oder nachgeahmt wird",
  "method.evalBudget":
    "Budget, das Aufgaben der Auswertung nennen, wo Aufgaben eines nennen; 0: schedule.lmax",

  "sft.steps": "Änderungen",
  "sft.batchSize": "Spuren des Lehrers für eine Änderung",
  "sft.poolBatches": "Stapel, die zusammen gezogen und nach Länge geordnet werden; 1 mischt die Längen",
  "sft.maxTokens": "eine Spur wird bei dieser Länge abgeschnitten, die Aufgabe eingerechnet",
  ...rate("sft"),
  ...adamw("sft"),

  "eval.every": "Schritte zwischen Auswertungen; 0: nur am Anfang und am Ende",
  "eval.problemsPerLevel": "Aufgaben jeder Schwierigkeit",
  "eval.samples": "Antworten auf jede Aufgabe",
  "eval.temperature": "Temperatur beim Ziehen in der Auswertung; 0 nimmt stets das Wahrscheinlichste",
  "eval.seed":
    "Seed der Auswertungsaufgaben: Läufe mit verschiedenen Seeds werden an denselben Aufgaben gemessen",
  "eval.forceAnswerAt":
    "erzwungenes Budget: nach so vielen Token endet das Denken, und eine Antwort wird erzwungen; 0: aus",
  "eval.ignoreEnds": "erzwungenes Budget: wie oft der Beginn einer Antwort durch `wait` ersetzt wird",

  "train.weights":
    "Format auf der GPU von Gewichten, die nicht trainiert werden; f16 braucht den halben Speicher, rundet sie und verlangt shader-f16",
  "train.microBatchTokens":
    "die meisten Token eines Vor- und Rückwärtsgangs; ändert Speicher und Tempo, nicht das Ergebnis",
  "train.decodeSequences":
    "die meisten Folgen, die zusammen gezogen werden; ändert Speicher und Tempo, nicht das Ergebnis",
  "train.checkpointEvery": "Schritte zwischen Checkpoints; 0: nur am Ende",
  "train.samplesEvery": "Schritte zwischen denen, deren Rollouts ganz aufgezeichnet werden; 0: keine",
};

export const unitsDe: Readonly<Record<string, string>> = {
  steps: "Schritte",
  tokens: "Token",
  channels: "Kanäle",
  dimensions: "Dimensionen",
  layers: "Schichten",
  heads: "Köpfe",
  prompts: "Aufgaben",
  responses: "Antworten",
  updates: "Änderungen",
  rollouts: "Rollouts",
  traces: "Spuren",
  batches: "Stapel",
  problems: "Aufgaben",
  sequences: "Folgen",
  times: "Mal",
};

/** Settings of the tasks, by name. */
export const taskSettingsDe: Readonly<Record<string, string>> = {
  multiplicationSlip: "Wie oft eine schnelle Multiplikation etwas auslässt",
  additionSlip: "Wie oft eine schnelle Addition ihren Übertrag vergisst",
  subtractionSlip: "Wie oft eine schnelle Subtraktion ihren Übertrag vergisst",
  noise: "Wie oft ein schnelles Ergebnis eine Zufallszahl ist",
  checkAfterRight: "Wie oft ein richtiges schnelles Ergebnis nachgeprüft wird: vergeudete Token",
  checkAfterWrong: "Wie oft ein falsches Ergebnis nachgeprüft wird",
  checkAgain: "Wie oft auf eine richtige Nachprüfung eine weitere folgt",
  checkSlip: "Wie oft eine Nachprüfung eine zufällige Zehnerziffer bekommt",
  alternative: "Wie oft die ganze Aufgabe ein zweites Mal gerechnet wird",
  secondAlternative: "Wie oft auf ein zweites Mal ein drittes folgt",
  alternativeDoubt:
    "Faktor der Nachprüfungen nach richtigen schnellen Ergebnissen, wenn die Aufgabe noch einmal gerechnet wird",
  bare: "Wie oft der Lehrer nach einem `so` am Anfang nur schnelle Ergebnisse schreibt",
  insight: "Wie oft ein Versuch einer Lösung folgt statt dem Zufall",
  attempts: "Die meisten Versuche; der letzte folgt einer Lösung",
};
