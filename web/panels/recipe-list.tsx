/** The methods of the paper, to be laid over the settings in the form. */
import { draft } from "../state/model.ts";
import { t } from "../text/index.ts";
import { inside } from "../text/insides.ts";
import type { RecipeName } from "../text/recipes.en.ts";
import { DraftBar } from "./draft-bar.tsx";
import { isConfig, type Offer, offers } from "./recipes.ts";

export function RecipeList() {
  const { note } = inside().recipes;
  return (
    <>
      <p>{note}</p>
      <ul>
        {offers.value.map((offer) => (
          <RecipeItem key={offer.recipe.name} offer={offer} />
        ))}
      </ul>
    </>
  );
}

function RecipeItem({ offer }: { offer: Offer }) {
  const { words, use, inForce, unfit } = inside().recipes;
  const { recipe, outcome, isInForce } = offer;
  const { title, source, name } = recipe;
  const { does, watch } = words[name as RecipeName];
  const action = isInForce ? inForce : use;
  return (
    <li class={isInForce ? "question chosen" : "question"}>
      <h3>{title}</h3>
      <p>{does}</p>
      <p>
        <strong>{t().presets.watch}</strong> {watch}
      </p>
      <p class="question-edits">{source}</p>
      {!isConfig(outcome) && (
        <p class="field-error">
          {unfit} {outcome.message}
        </p>
      )}
      <button
        type="button"
        aria-label={`${action}: ${title}`}
        aria-pressed={isInForce}
        disabled={!isConfig(outcome)}
        onClick={() => {
          if (isConfig(outcome)) draft.value = outcome;
        }}
      >
        {action}
      </button>
      {isInForce && <DraftBar />}
    </li>
  );
}
