import type { recipesEn } from "./recipes.en.ts";

/** The same in German. */
export const recipesDe: typeof recipesEn = {
  note: "Jedes ist die Methode eines Papers in den Maßen des Spielzeugs. Eines zu nehmen ändert die Einstellungen und startet noch nichts.",
  use: "Nehmen",
  choice: "Rezept",
  none: "keines",
  inForce: "In Kraft",
  unfit: "Passt nicht zu diesen Einstellungen:",
  words: {
    "siri-cosine": {
      does: "Das Budget schwingt als Kosinus zwischen Lmax und Lmin, Zyklus um Zyklus.",
      watch: "die Länge, die dem Budget um einige Schritte nachläuft.",
    },
    "siri-stair": {
      does: "Das Budget fällt für die erste Hälfte jedes Zyklus auf Lmin und springt für die zweite zurück auf Lmax.",
      watch: "der abgeschnittene Anteil bei jedem Fall, und wie bald sich richtige Antworten erholen.",
    },
    "siri-stair-cosine": {
      does: "Das Budget schwingt als Kosinus, der an beiden Enden ruht.",
      watch: "richtige Antworten, während das Budget bei Lmin ruht.",
    },
    "siri-long-expansion": {
      does: "Der Kosinus, aber mit drei Zehnteln jedes Zyklus zum Fallen und dem Rest zum Steigen.",
      watch: "wie viele der schwersten Aufgaben richtig werden.",
    },
    "siri-length-penalty": {
      does: "Der Kosinus mit flacher Talsohle; von der ersten an verdienen die kürzeren der richtigen Antworten mehr.",
      watch: "die Länge am Ende jedes Zyklus: Sie wächst nicht mehr ganz zurück.",
    },
    grpo: {
      does: "Das Budget bleibt bei Lmax: die Gegenprobe zu SIRI, von dem es sich in nichts sonst unterscheidet.",
      watch: "ob Antworten überhaupt kürzer werden.",
    },
    dapo: {
      does: "GRPO mit höherer oberer Schranke, nur mit Gruppen aus Richtigem und Falschem, und sanfter Strafe kurz vor dem Budget.",
      watch: "Schritte je Sekunde: Gruppen, die nichts lehren, werden neu gezogen.",
    },
    "dr-grpo": {
      does: "Vorteile werden nicht durch ihre Abweichung geteilt, Verluste nicht durch die Länge der Antwort.",
      watch: "die Länge: lange falsche Antworten kommen nicht mehr glimpflich davon.",
    },
    deepscaler: {
      does: "Drei Abschnitte mit immer größerem Budget, jeder ein eigener Lauf; mit dem zweiten wachsen die Gruppen.",
      watch: "was richtige Antworten gewinnen, wenn ein Abschnitt beginnt.",
    },
    "dapo-deepscaler-16k": {
      does: "Einen halben Zyklus Lmin, dann für immer Lmax: SIRIs Stufe, die nie wieder staucht.",
      watch: "wie weit die Länge nach dem Wechsel zurückwächst.",
    },
    thinkprune: {
      does: "Das Budget fällt nur, einmal je Zyklus; jede Stufe ist ein eigener Lauf.",
      watch: "richtige Antworten nach dem letzten Fall: Es gibt kein Zurück.",
    },
    "kimi-length-penalty": {
      does: "Von den richtigen Antworten auf eine Aufgabe verdienen die kürzeren mehr. Das beginnt nach einem halben Zyklus.",
      watch: "die Länge, bevor und nachdem es beginnt.",
    },
    "l1-exact": {
      does: "Jede Aufgabe nennt eine Zahl von Token, und die Belohnung sinkt mit dem Abstand davon.",
      watch: "die Antworten: Folgt ihre Länge der Zahl in der Aufgabe?",
    },
    "l1-max": {
      does: "Jede Aufgabe nennt eine Zahl von Token, die Hälfte als das, was höchstens erlaubt ist.",
      watch: "ob Antworten die Zahl einhalten, und wie viel sie davon übrig lassen.",
    },
    "o1-pruner": {
      does: "Lernt aus Antworten des Startmodells, gewichtet danach, wie viel kürzer und besser als üblich sie sind.",
      watch: "ob die Länge fällt, obwohl kein Budget drückt.",
    },
    adaptthink: {
      does: "Die halbe Gruppe muss ohne Nachprüfung antworten. Das verdient etwas mehr, wo es keine richtigen Antworten kostet.",
      watch: "Nachprüfungen, die zuerst bei leichten Aufgaben verschwinden sollten.",
    },
    overthink: {
      does: "Paare: die längste richtige Antwort gegen sich selbst, hinter ihrer zweiten richtigen Lösung abgeschnitten.",
      watch: "zweite und dritte Lösungen in den Antworten: Von nichts sonst wird abgeraten.",
    },
    dast: {
      does: "Jede Aufgabe hat ein Budget, je nachdem, wie oft sie richtig beantwortet wird. Paare aus Antworten nahe daran und fern davon.",
      watch: "leichte Aufgaben, die mehr an Länge verlieren sollten als schwere.",
    },
    "rejection-sft": {
      does: "Ahmt die richtigen Antworten des Modells nach, wie es zu Beginn der Runde war.",
      watch: "richtige Antworten: Falsches bleibt weg, doch nichts rät davon ab.",
    },
    "iterative-dpo": {
      does: "Paare aus einer richtigen und einer falschen Antwort des Modells, wie es zu Beginn der Runde war.",
      watch: "die Länge, die nichts hält.",
    },
    spin: {
      does: "Lernt, die Antworten des Lehrers von den eigenen zu unterscheiden. Niemand prüft Ergebnisse.",
      watch: "richtige Antworten, die der Lehrer begrenzt, und Nachprüfungen, in denen er schwelgt.",
    },
  },
};
