import { now } from "../clock";
import { giveUp, tryAgain, unsaved } from "../draft";
import { explain, isTemporary } from "../problem";
import { reminderText } from "../reminders";
import * as session from "../session";

/** The task is there, its reminder is not: nobody must think otherwise. */
export function UnsavedReminders() {
  return (
    <>
      {unsaved.value.map((one) => (
        <div class="alert error spread" role="alert" key={one.body.id}>
          <span>
            The task “{one.task.title}” was added, but <strong>its reminder was not saved</strong> (
            {reminderText(one.body, session.zone.value, now.value)}). {explain(one.error)}
            {!isTemporary(one.error) && " Open the task to give it another one."}
          </span>
          <span class="actions">
            <button
              type="button"
              class="button small"
              aria-disabled={one.trying}
              onClick={() => !one.trying && void tryAgain(one)}
            >
              {one.trying ? "Saving…" : "Try again"}
            </button>
            <button type="button" class="button quiet small" onClick={() => giveUp(one)}>
              Dismiss
            </button>
          </span>
        </div>
      ))}
    </>
  );
}
