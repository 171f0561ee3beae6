import { now } from "../../clock";
import * as session from "../../session";
import { ruleAt, type TaskFields } from "../../taskForm";
import { dueText, toInstant } from "../../time";
import type { Task } from "../../types";
import { useRepeatPreview, type Asked } from "./useRepeatPreview";

interface Props {
  task: Task;
  fields: TaskFields;
  /** The rule is about to be sent: what the server knows is no longer what counts. */
  changed: boolean;
}

/** When it comes round next, as the server reckons. */
export function RepeatPreview({ task, fields, changed }: Props) {
  const zone = session.zone.value;
  const { dates, message, stale } = useRepeatPreview(askedFor(task, fields, changed, zone));
  if (!fields.rrule) return null;
  return (
    <div class={`preview ${stale ? "stale" : ""}`} role="status" aria-busy={stale}>
      {message ? (
        <p class="field-error">{message}</p>
      ) : (
        <>
          <p class="field-head">{dates.length > 0 || stale ? "Next dates" : "No more dates"}</p>
          <ul class="dates" aria-label="Next dates">
            {dates.map((one) => (
              <li key={one.occurrence} class="date">
                {dueText(one, zone, now.value)}
              </li>
            ))}
          </ul>
          {fields.anchor === "completion" && dates.length > 1 && (
            <p class="hint">If each is completed on its day.</p>
          )}
        </>
      )}
    </div>
  );
}

function askedFor(task: Task, fields: TaskFields, changed: boolean, zone: string): Asked | null {
  if (!fields.rrule) return null;
  if (!changed) return { task: task.id, version: task.version };
  return {
    rule: {
      rrule: ruleAt(fields, zone),
      anchor: fields.anchor,
      time_zone: zone,
      ...(fields.due && fields.allDay ? { due_date: fields.due } : {}),
      ...(fields.due && !fields.allDay ? { due_at: toInstant(fields.due, zone) } : {}),
    },
  };
}
