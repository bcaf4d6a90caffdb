import type { insidesEn } from "./insides.en.ts";
import { recipesDe } from "./recipes.de.ts";
import { settingsDe, taskSettingsDe, unitsDe } from "./settings.de.ts";

/** The same in German. */
export const insidesDe: typeof insidesEn = {
  settings: {
    title: "Einstellungen",
    search: "Einstellung suchen",
    found: (count) => (count === 1 ? "1 Einstellung" : `${count} Einstellungen`),
    preset: "Vorlage",
    ownSettings: "eigene Einstellungen",
    presetNotes: {
      default: "zwei Zyklen von 160 Schritten mit stair-cosine-Budget; Minuten auf zwei Kernen ohne GPU",
      "paper-toy": "der ganze Lauf: drei Zyklen, mit dreimal so vielen Aufgaben bewertet",
      smoke: "sechzehn winzige Schritte, um zu sehen, dass alles geht",
    },
    groups: {
      run: "Lauf",
      task: "Aufgabe",
      schedule: "Budget L(t)",
      rl: "Bestärkendes Lernen",
      method: "Methode",
      eval: "Auswertung",
      train: "Speicher und Sichern",
      model: "Modell",
      lora: "Adapter (LoRA)",
      sft: "Vortraining (für Läufe, die einem Modell das Grübeln beibringen)",
    },
    changed: (count) => `${count} geändert`,
    limits: (least, most) => `${least} bis ${most}`,
    newRun: "braucht einen neuen Lauf",
    isPreset: "Vorlage",
    resetTo: (value) => `Zurück zur Vorlage: ${value}`,
    pending: "Noch nicht in Kraft",
    apply: "Ab dem nächsten Schritt anwenden",
    restart: "Neuen Lauf damit beginnen",
    undo: "Rückgängig",
    needsNewRun: "Seed, Startmodell, Aufgabe, Modell und Methode lassen sich im Lauf nicht ändern.",
    descriptions: settingsDe,
    units: unitsDe,
    taskSettings: taskSettingsDe,
  },
  schedule: {
    title: "Längenbudget",
    shape: "Form",
    kinds: {
      constant: "konstant",
      stair: "Stufe",
      cosine: "Kosinus",
      "stair-cosine": "Stufen-Kosinus",
      staged: "Abschnitte",
      staircase: "Treppe",
    },
    kindNotes: {
      constant: "Durchweg dasselbe Budget: gewöhnliches GRPO.",
      stair: "Springt jeden halben Zyklus zwischen Lmin und Lmax.",
      cosine: "Schwingt sanft zwischen Lmax und Lmin.",
      "stair-cosine": "Sanfte Rampen, mit einer Ruhe an beiden Enden.",
      staged: "Eine beliebige Liste von Abschnitten mit je eigenem Budget.",
      staircase: "Fällt nur.",
    },
    curve: "Das Budget über die Schritte des Laufs, mit Griffen",
    keys: "Griff ziehen, oder mit Tab anwählen und mit den Pfeiltasten bewegen; mit Umschalt um zehn.",
    axis: "L(t), Token",
    now: (step, cap) => `Schritt ${step}: L = ${cap}`,
    handles: {
      lmax: "Lmax, das größte Budget",
      lmin: "Lmin, das kleinste Budget",
      cycle: "Schritte eines Zyklus",
    },
    stage: (number) => `Abschnitt ${number}`,
    stageAt: (step, cap) => `ab Schritt ${step}: ${cap} Token`,
    tokens: (count) => `${count} Token`,
    steps: (count) => `${count} Schritte`,
    fromStep: "Ab Schritt",
    budget: "Budget, Token",
    stageStep: (number) => `Erster Schritt von Abschnitt ${number}`,
    stageCap: (number) => `Budget von Abschnitt ${number}`,
    addStage: "Abschnitt hinzufügen",
    removeStage: (number) => `Abschnitt ${number} entfernen`,
  },
  inspector: {
    title: "Antworten des neuesten Rollouts",
    empty: "Noch ist nichts gezogen. Start, Ein Schritt oder Eine Phase zeigt, was das Modell schreibt.",
    notKept: "Dieser aufgezeichnete Lauf hat bis hierher keine Antworten behalten.",
    step: (step, cap) => `Schritt ${step}, Budget ${cap} Token.`,
    unscored: "Eben gezogen.",
    scored: "Bewertet.",
    hold: "Diesen Rollout festhalten",
    follow: "Dem neuesten folgen",
    behind: (steps) => (steps === 1 ? "vor 1 Schritt" : `vor ${steps} Schritten`),
    prompts: "Aufgaben nach Schwierigkeit",
    rightOf: (right, all) => `${right} von ${all} richtig`,
    deadGroups: (count) => (count === 1 ? "1 Gruppe lehrt nichts" : `${count} Gruppen lehren nichts`),
    dead: "lehrt nichts",
    deadNote:
      "Alle Antworten dieser Gruppe haben dieselbe Belohnung, also ist keine besser als die anderen: jeder Vorteil ist 0, und nichts wird daraus gelernt.",
    answer: (answer) => `richtig: ${answer}`,
    pin: "Anheften",
    unpin: "Lösen",
    pinned: "Angeheftet",
    pinnedNote: (samples, every) =>
      `Wird alle ${every} Schritte nach ${samples} Antworten gefragt, unter dem größten Budget.`,
    columns: {
      step: "Schritt",
      right: "Richtig",
      cut: "Gekürzt",
      length: "Mittlere Länge",
      rechecks: "Nachprüfungen",
    },
    show: (step) => `Antworten von Schritt ${step} zeigen`,
    budget: "Als wäre das Budget",
    ownBudget: (cap) => `${cap} Token, wie es war`,
    otherBudget: (cap, right, before, all) => `${cap} Token: ${right} von ${all} richtig statt ${before}`,
    response: (number) => `Antwort ${number}`,
    verdicts: { right: "richtig", wrong: "falsch", cut: "abgeschnitten", unknown: "nicht beurteilt" },
    writing: "denkt …",
    answered: (answer) => `antwortet ${answer}`,
    length: (tokens) => `${tokens} Token`,
    reward: (reward) => `Belohnung ${reward}`,
    advantage: (advantage) => `Vorteil ${advantage}`,
  },
  tokens: {
    colour: "Farbe",
    quantities: {
      logprob: "Log-Wahrscheinlichkeit des Tokens",
      entropy: "Entropie der Wahl",
      none: "keine",
    },
    nats: "Nat",
    place: (number, of, word) => `${number} von ${of}: ${word}`,
    probability: (share, nats) => `Wahrscheinlichkeit ${share} (${nats} Nat)`,
    entropy: (nats) => `Entropie ${nats} Nat`,
    recheck: "Nachprüfung",
    beyond: "jenseits des Budgets",
    end: "Ende der Antwort",
    walk: "Ein Token anklicken, dann mit den Pfeiltasten von einem zum nächsten.",
  },
  think: {
    title: "Das Modell fragen",
    replaying:
      "Hier gibt es kein Modell zu fragen: Aufgezeichnete Läufe enthalten keines. Dafür braucht es einen Browser mit WebGPU.",
    from: "Aufgabe",
    own: "meine eigene",
    drawn: (level) => `gezogen: ${level}`,
    problem: "Eingeben",
    example: "Anderes Beispiel",
    checkpoint: "Modell",
    now: "wie es jetzt ist",
    temperature: "Temperatur",
    samples: "Antworten",
    ask: "Denken",
    asking: "Denkt …",
    empty: "Das Modell rechnet modulo 100, von links nach rechts: nur die letzten zwei Ziffern zählen.",
    faults: {
      empty: (example) => `Eine Aufgabe eingeben, zum Beispiel ${example}`,
      unknown: (text, example) =>
        `„${text}“ kann das Modell nicht lesen. Eine Aufgabe sieht aus wie ${example}`,
      long: (words, most) =>
        `Die Aufgabe hat ${words} Wörter; das Modell hat Aufgaben mit bis zu ${most} gelernt.`,
    },
  },
  why: {
    title: "Warum lernt es nichts?",
    noRun: "Es gibt noch keinen Lauf. Start drücken: vor dem ersten Schritt wird eine Probe angesehen.",
    found: (count) => (count === 1 ? "Eines steht im Weg:" : `${count} Dinge stehen im Weg:`),
    early: (steps) =>
      `Bisher fällt nichts auf. ${steps} Schritte abwarten; unter schrumpfendem Budget fällt die Genauigkeit, bevor sie steigt.`,
    healthy: (steps) =>
      `Alles in Ordnung: die letzten ${steps} Schritte sehen aus wie die eines gesunden Laufs.`,
    severities: { stops: "so wird nichts gelernt", slows: "so wird wenig gelernt", note: "so soll es sein" },
    sources: { run: "In den letzten Schritten:", preflight: "In der Probe vor dem ersten Schritt:" },
    remedies: "Versuchen",
    evidence: {
      accuracy: "richtige Antworten",
      accuracyBefore: "richtige Antworten zuvor",
      truncated: "abgeschnittene Antworten",
      deadGroups: "Gruppen, die nichts lehren",
      allRight: "Gruppen ganz richtig",
      allWrong: "Gruppen ganz falsch",
      pairs: "Paare je Schritt",
      longest: "längste Antwort (Token)",
      budget: "Budget (Token)",
      skipped: "ausgelassene Schritte",
      gradientNorm: "Norm des Gradienten",
      learningRate: "Lernrate",
      entropy: "Entropie (Nat)",
      clipped: "Token an der Clip-Grenze",
      penalty: "KL-Strafe je Token",
      mismatch: "größter Unterschied (Nat)",
    },
    findings: {
      "never-right": {
        title: "Keine Antwort ist je richtig",
        meaning:
          "GRPO macht bessere Antworten wahrscheinlicher. Wo alle falsch sind, ist keine besser, und es gibt keine Richtung zum Lernen.",
      },
      "always-right": {
        title: "Fast jede Antwort ist richtig",
        meaning:
          "Wo alle Antworten richtig sind, ist keine besser als die anderen. Die Aufgaben sind inzwischen zu leicht.",
      },
      "cut-off": {
        title: "Die meisten Antworten werden abgeschnitten",
        meaning:
          "Eine Antwort, die über das Budget hinausläuft, zählt als falsch, was immer sie herausgefunden hatte. Das Budget ist zu eng.",
      },
      "no-pressure": {
        title: "Das Budget drückt nie",
        meaning:
          "Jede Antwort ist kürzer als das kleinste Budget, also bringt nichts das Modell dazu, kürzer zu denken.",
      },
      "dead-groups": {
        title: "Die meisten Gruppen lehren nichts",
        meaning:
          "In einer Gruppe, die ganz richtig oder ganz falsch ist, ist jeder Vorteil 0. Gelernt wird nur aus gemischten Gruppen.",
      },
      "no-pairs": {
        title: "Es gibt kaum ein Paar, aus dem zu lernen ist",
        meaning:
          "Diese Methode vergleicht zwei Antworten auf dieselbe Aufgabe. Wo alle richtig, alle falsch oder alle gleich sind, findet sie keine.",
      },
      "skipped-steps": {
        title: "Schritte werden ausgelassen",
        meaning:
          "Ihr Gradient war keine endliche Zahl, darum blieben die Gewichte, wie sie waren. Meist helfen kleinere Schritte.",
      },
      "gradient-large": {
        title: "Der Gradient ist sehr groß",
        meaning:
          "Wenige Token ziehen viel stärker als der Rest. Den Gradienten zu begrenzen und kleinere Schritte halten das Modell beisammen.",
      },
      "gradient-none": {
        title: "Es gibt kaum einen Gradienten",
        meaning:
          "Die Belohnungen unterscheiden sich, aber fast nichts folgt daraus: vielleicht sind gekürzte Antworten vom Verlust ausgenommen, oder die Vorteile sind winzig.",
      },
      "rate-small": {
        title: "Die Lernrate ist sehr klein",
        meaning: "Die Richtung mag stimmen, aber jeder Schritt ist zu kurz, um sichtbar zu sein.",
      },
      collapsed: {
        title: "Es konnte schon mehr",
        meaning:
          "Richtige Antworten sind auf weniger als die Hälfte des Besten gefallen. Die Schritte sind wohl zu groß.",
      },
      "entropy-low": {
        title: "Alle Antworten gleichen sich",
        meaning:
          "Die Entropie ist fast 0: das Modell versucht nichts anderes mehr, also findet es auch nichts Besseres.",
      },
      "entropy-high": {
        title: "Das Modell redet wirr",
        meaning:
          "Die Entropie ist hoch: Token werden fast zufällig gezogen. Das Modell ist zerfallen oder wird zu heiß gezogen.",
      },
      "clipped-updates": {
        title: "Der größte Teil der Änderung wird abgeschnitten",
        meaning:
          "Das Modell hat sich weit von dem entfernt, das gezogen hat. Weniger oder kleinere Änderungen je Rollout nutzen mehr davon.",
      },
      "held-back": {
        title: "Die KL-Strafe hält es zurück",
        meaning: "Nahe am Startmodell zu bleiben ist etwa so viel wert, wie richtig zu antworten.",
      },
      mismatch: {
        title: "Ziehen und Trainieren stimmen nicht überein",
        meaning:
          "Beide rechnen dasselbe und sollten bis aufs letzte Bit übereinstimmen. Das ist ein Fehler des Geräts oder von bellows: bitte melden.",
      },
      compressing: {
        title: "Richtige Antworten werden weniger, während das Budget schrumpft",
        meaning:
          "Das ist die Phase der Kompression: das Modell lernt, auf welche Nachprüfungen es verzichten kann. Mit dem Budget kommen sie wieder.",
      },
    },
    lossTitle: "Warum ist der Verlust fast 0?",
    lossNote:
      "Das ist normal. Bei einer Änderung je Rollout ist das Verhältnis genau 1, und die Vorteile einer Gruppe heben sich auf. Der Verlust ist für seinen Gradienten da; zu beachten sind richtige Antworten und Länge.",
  },
  comparison: {
    open: "Einen Vergleich öffnen (curves.jsonl)",
    published: "Aufgezeichnete Läufe aller Methoden",
    title: (runs) => (runs === 1 ? "Ein Vergleich mit 1 Lauf" : `Ein Vergleich mit ${runs} Läufen`),
    note: (room) => `Einen Lauf Schritt für Schritt abspielen, oder bis zu ${room} übereinander zeichnen.`,
    draw: "Die gewählten Läufe zeichnen",
    choose: (run) => `${run} wählen`,
    run: (entry, seed) => `${entry}, Seed ${seed}`,
    result: (steps, accuracy, length) => `${steps} Schritte: ${accuracy} richtig, ${length} Token`,
    replay: "Abspielen",
    replayOf: (run) => `${run} abspielen`,
    recorded: "aufgezeichnet",
    takeOff: "Wegnehmen",
  },
  recipes: recipesDe,
  tour: {
    next: "Weiter",
    back: "Zurück",
    end: "Fertig",
    leave: "Beenden",
    keys: "Leertaste geht weiter, ← zurück, Escape beendet.",
    place: (number, of) => `${number} von ${of}`,
    stops: {
      controls: {
        title: "Trainieren",
        text: "Start trainiert das Modell in diesem Tab. Schritt für Schritt oder Phase für Phase lässt sich ansehen, woraus eine Änderung besteht.",
      },
      length: {
        title: "Wie lange es denkt",
        text: "Die mittlere Länge einer Antwort, mit dem Budget L als Treppenlinie. Was darüber hinausläuft, wird abgeschnitten und zählt als falsch.",
      },
      accuracy: {
        title: "Wie oft es richtig liegt",
        text: "Richtige Antworten nach Schwierigkeit, und die Auswertung an Aufgaben, die im Training nie vorkommen.",
      },
      trail: {
        title: "Beides zugleich",
        text: "Jede Auswertung als Punkt. Oben ist besser, links ist kürzer: das Atmen bringt das Modell Zyklus für Zyklus nach links oben.",
      },
      questions: {
        title: "Eine Frage stellen",
        text: "Versuche, jeder mit dem, was zu beachten ist. Erst sagen, was zu erwarten ist.",
      },
      schedule: {
        title: "Das Budget formen",
        text: "An den Griffen ziehen. Im Lauf gilt das neue Budget ab dem nächsten Schritt und hinterlässt eine Marke in den Kurven.",
      },
      samples: {
        title: "Lesen, was es schreibt",
        text: "Alle Antworten auf eine Aufgabe nebeneinander. Farben zeigen, wo das Modell unsicher war; Nachprüfungen sind markiert.",
      },
      think: {
        title: "Selbst fragen",
        text: "Eine eigene Aufgabe eingeben und dem Modell beim Denken zusehen, an jedem gespeicherten Stand.",
      },
      why: {
        title: "Wenn sich nichts tut",
        text: "Sagt in Zahlen, was dem Lernen im Weg steht, und was zu ändern ist.",
      },
      compare: {
        title: "Lohnt sich das Atmen?",
        text: "Zwei Läufe mit demselben Seed, einer mit festem Budget, übereinander gezeichnet.",
      },
      share: {
        title: "Weitergeben",
        text: "Ein Link oder QR-Code enthält alle Einstellungen, für eine Klasse oder für später.",
      },
    },
  },
};
