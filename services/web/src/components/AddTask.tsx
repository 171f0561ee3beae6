import { draft } from "../draft";
import { detailed } from "../quick";
import { emptyFields, type TaskFields } from "../taskForm";
import { AddDetailed } from "./AddDetailed";
import { QuickAdd } from "./QuickAdd";

/** One line that is understood as it is typed; or the form with all fields. */
export function AddTask() {
  return detailed.value || isStarted() ? <AddDetailed /> : <QuickAdd />;
}

/** The list comes from the view, so it says nothing. */
function isStarted(): boolean {
  const { fields, reminder } = draft.value;
  const keys = Object.keys(emptyFields) as (keyof TaskFields)[];
  const typed = keys.some((key) => key !== "listId" && fields[key] !== emptyFields[key]);
  return reminder.kind !== "" || typed;
}
