import type { ChartWords } from "./charts.en.ts";

export const chartsDe: ChartWords = {
  locale: "de-DE",
  figures: {
    length: {
      title: "Länge und Budget",
      about:
        "Wie lang Antworten sind. Was im Training ans Budget stößt, wird abgeschnitten und zählt als falsch; Auswertungen " +
        "gewähren das größte.",
      axis: "Token je Antwort",
    },
    accuracy: {
      title: "Richtige Antworten",
      about:
        "Auswertungen stellen immer dieselben Aufgaben, die im Training nie vorkommen, mit dem größten Budget. Balken: ein " +
        "Standardfehler nach beiden Seiten.",
      axis: "%",
    },
    trail: {
      title: "Genauigkeit gegen Länge",
      about:
        "Jede Auswertung ist ein Halt, die Linie folgt der Zeit. Oben ist öfter richtig, links ist kürzer. Die Achsen beginnen " +
        "nicht bei null.",
      axis: "",
    },
    entropy: {
      title: "Entropie",
      about:
        "Wie unentschieden das Modell über sein nächstes Token ist. Null ist sicher; fällt sie auf null, endet alles Erkunden.",
      axis: "nat je Token",
    },
    wait: {
      title: "Nachprüfungen",
      about: "Wie oft eine Antwort „wait“ sagt und einen Schritt noch einmal prüft, in Auswertungen.",
      axis: "„wait“ je Antwort",
    },
    loss: {
      title: "Verlust der Lektionen",
      about: "Wie überrascht das Modell vom nächsten Token des Lehrers ist.",
      axis: "nat je Token",
    },
  },
  curves: {
    length: {
      name: "mittlere Länge",
      about: "Token einer Trainingsantwort im Mittel, mit dem Endtoken, unter dem Budget ihres Schrittes.",
    },
    budget: {
      name: "Budget L(t)",
      about:
        "So viele Token darf eine Antwort dieses Schrittes höchstens haben. Allein der Plan bestimmt es.",
    },
    ahead: {
      name: "kommendes L",
      about: "Das Budget der kommenden Schritte nach dem Plan, wie er jetzt eingestellt ist.",
    },
    truncated: {
      name: "gekürzt",
      about: "Anteil der Trainingsantworten, die ans Budget stießen, ehe sie fertig waren.",
    },
    evaluatedLength: {
      name: "Länge (Auswertung)",
      about: "Token einer Antwort im Mittel, in Auswertungen, wo immer das größte Budget gilt.",
    },
    training: {
      name: "im Training",
      about: "Anteil richtiger Antworten im Training, unter dem Budget des Schrittes.",
    },
    pass: {
      name: "pass@1",
      about: "Anteil richtiger Antworten in der Auswertung: pass@1, mit dem Standardfehler über Aufgaben.",
    },
    level: {
      name: "eine Schwierigkeit",
      about:
        "Anteil richtiger Antworten auf Aufgaben dieser Schwierigkeit, mit dem Standardfehler über Aufgaben.",
    },
    trail: { name: "Auswertungen", about: "Genauigkeit und mittlere Länge jeder Auswertung." },
    entropy: {
      name: "Entropie im Training",
      about: "Mittlere Entropie der Verteilungen, aus denen die Trainingstoken gezogen werden.",
    },
    waitRight: {
      name: "richtige Antworten",
      about: "„wait“ je Antwort, von richtigen Antworten. Eine Lücke: Keine war richtig.",
    },
    waitWrong: {
      name: "falsche Antworten",
      about: "„wait“ je Antwort, von falschen Antworten. Eine Lücke: Keine war falsch.",
    },
    wait: { name: "alle Antworten", about: "„wait“ je Antwort in Auswertungen." },
    loss: { name: "Verlust", about: "Mittlere Kreuzentropie der Token des Lehrers in einem Update." },
  },
  level: (name) =>
    name
      .replace("operations", "Rechnungen")
      .replace("numbers up to", "Zahlen bis")
      .replace("no products", "ohne Produkte"),
  phases: { compress: "stauchen", hold: "halten", expand: "dehnen" },
  cycle: (number) => `Zyklus ${number}`,
  step: "Schritt",
  atStep: (step) => `Schritt ${step}`,
  fromStep: (value, step) => `${value} (Schritt ${step})`,
  tokens: "Token je Antwort",
  accuracyAxis: "richtige Antworten, %",
  turn: "Wende im Zyklus",
  start: "Anfang",
  end: "Ende",
  shortest: (cycle) => `kürzeste in Zyklus ${cycle}`,
  longest: (cycle) => `längste in Zyklus ${cycle}`,
  stop: (step, accuracy, length) => `Schritt ${step}: ${accuracy} richtig, ${length} Token`,
  empty: "Noch ist nichts gemessen.",
  changed: (step, changes) => `Geändert bei Schritt ${step}: ${changes}`,
  decimated: (points) => `Gezeichnet: der niedrigste und der höchste von je ${points} Werten.`,
  smoothed: "Blass: vor der Glättung.",
  budgets: "Dünne blasse Stufen: das Budget jedes Laufs.",
  cursor: (title) => `${title}: Schritt zum Ablesen, mit den Pfeiltasten`,
  computedIn: "Berechnet in",
  table: "Als Tabelle",
  thinned: (shown, all, every) =>
    `${shown} von ${all} Zeilen: jede ${every}., die letzte und alle Auswertungen. Exporte haben alle.`,
  differences: (differences) => `Abweichend von der Voreinstellung „default“: ${differences}`,
  defaults: "Einstellungen: die der Voreinstellung „default“",
  saveSvg: "SVG",
  savePng: "PNG",
  metricsOf: (run) => `Messwerte von ${run}`,
  saveOf: (button, title) => `„${title}“ als ${button} speichern`,
};
