import { describe, expect, it } from "vitest";

import { minutesUntilTomorrow } from "../src/mailLinks";
import { heldUntil, quietText, tomorrowAt } from "../src/quietHours";

const ZONE = "Europe/Berlin";
const night = { quiet_start: "22:00", quiet_end: "07:00" };
const noon = { quiet_start: "12:00", quiet_end: "14:00" };

describe("quiet hours", () => {
  it.each([
    // Summer: two hours ahead of UTC.
    ["2026-06-10T20:00:00Z", night, "2026-06-11T05:00:00Z"],
    ["2026-06-10T19:59:00Z", night, null],
    ["2026-06-11T04:59:00Z", night, "2026-06-11T05:00:00Z"],
    ["2026-06-11T05:00:00Z", night, null],
    ["2026-06-10T10:00:00Z", noon, "2026-06-10T12:00:00Z"],
    ["2026-06-10T12:00:00Z", noon, null],
    ["2026-06-10T09:59:00Z", noon, null],
    ["2026-06-10T20:00:00Z", { quiet_start: null, quiet_end: null }, null],
  ])("%s in %o is held until %s", (at, quiet, until) => {
    expect(heldUntil(at, quiet, ZONE)).toBe(until);
  });

  it("end by the clock, also in the night it changes", () => {
    expect(heldUntil("2026-03-28T22:00:00Z", night, ZONE)).toBe("2026-03-29T05:00:00Z");
    expect(heldUntil("2026-10-24T22:00:00Z", night, ZONE)).toBe("2026-10-25T06:00:00Z");
    // An end that the clocks skip is moved along with them.
    const early = { quiet_start: "22:00", quiet_end: "02:30" };
    expect(heldUntil("2026-03-28T22:00:00Z", early, ZONE)).toBe("2026-03-29T01:30:00Z");
  });
});

describe("what is said of it", () => {
  const at = "2026-06-10T21:00:00Z";

  it("is when it comes, and what comes at once", () => {
    expect(quietText(at, ["email"], "medium", night, ZONE)).toBe(
      "Comes at 07:00, after your quiet hours.",
    );
    expect(quietText(at, ["email", "in_app"], "medium", night, ZONE)).toBe(
      "E-mail comes at 07:00, after your quiet hours; the rest at once.",
    );
    expect(quietText(at, ["email", "push", "webhook"], "high", night, ZONE)).toMatch(
      /^E-mail and Push come at 07:00/,
    );
  });

  it("is nothing for what goes through", () => {
    expect(quietText(at, ["email"], "urgent", night, ZONE)).toBe("");
    expect(quietText(at, ["in_app", "webhook"], "low", night, ZONE)).toBe("");
    expect(quietText("2026-06-10T10:00:00Z", ["email"], "low", night, ZONE)).toBe("");
  });
});

it("tomorrow is a day of the zone, however long it is", () => {
  const evening = Date.parse("2026-06-10T22:30:00Z");
  expect(tomorrowAt("09:00", ZONE, evening)).toBe("2026-06-12T07:00:00Z");
  expect(tomorrowAt("09:00", "UTC", evening)).toBe("2026-06-11T09:00:00Z");
  const saturday = Date.parse("2026-03-28T08:00:00Z");
  expect(minutesUntilTomorrow("09:00", ZONE, saturday)).toBe(23 * 60);
});
