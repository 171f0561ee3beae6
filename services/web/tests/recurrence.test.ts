import { describe, expect, it } from "vitest";

import { presets, rebased } from "../src/presets";
import { filled, newRule, parse, written } from "../src/recurrence";
import { ordinal, repeatText } from "../src/recurrenceText";

const ZONE = "Europe/Zurich";
/** A Friday, the third of its month. */
const FRIDAY = "2026-11-20";

const rules = (date: string) => presets(date).map(([rrule]) => rrule);

describe("a rule the editor knows", () => {
  const RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=MO,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;INTERVAL=6;BYDAY=3FR",
    "FREQ=MONTHLY;COUNT=12;BYDAY=-1SU",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=WEEKLY;UNTIL=20270101;BYDAY=FR",
    "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
  ];
  it.each(RULES)("%s is written as it was read", (rrule) => {
    const rule = parse(rrule, ZONE);
    expect(rule && written(rule)).toBe(rrule);
  });

  it("is read however it is spelt", () => {
    const rule = parse("rrule:interval=2;byday=fr,mo;freq=weekly", ZONE);
    expect(rule && written(rule)).toBe("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR");
  });

  it("ends with a day of its own zone, also when it says an instant", () => {
    const rrule = "FREQ=DAILY;UNTIL=20260731T215959Z";
    expect(parse(rrule, ZONE)?.end).toEqual({ kind: "on", date: "2026-07-31" });
    expect(parse(rrule, "Pacific/Auckland")?.end).toEqual({ kind: "on", date: "2026-08-01" });
    const local = "FREQ=DAILY;UNTIL=20260731T090000";
    expect(parse(local, "Pacific/Auckland")?.end).toEqual({ kind: "on", date: "2026-07-31" });
  });
});

describe("a rule that says more than the editor can show", () => {
  it.each([
    "",
    "nonsense",
    "FREQ=HOURLY",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;COUNT=2;UNTIL=20270101",
    "FREQ=DAILY;UNTIL=20279999T000000Z",
    "FREQ=DAILY;FREQ=WEEKLY",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=WEEKLY;BYDAY=1MO",
    "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD",
    "RSCALE=HEBREW;FREQ=MONTHLY;BYMONTHDAY=30",
  ])("“%s” is left alone", (rrule) => {
    expect(parse(rrule, ZONE)).toBeNull();
    expect(rebased(rrule, FRIDAY, "2026-11-21", ZONE)).toBe(rrule);
  });
});

describe("what a due date suggests", () => {
  it("is its weekday, its day of the month and of the year", () => {
    expect(rules(FRIDAY)).toEqual([
      "FREQ=DAILY",
      "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
      "FREQ=WEEKLY;BYDAY=FR",
      "FREQ=MONTHLY;BYMONTHDAY=20",
      "FREQ=MONTHLY;BYDAY=3FR",
      "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=20",
    ]);
    expect(new Set(presets(FRIDAY).map(([, label]) => label)).size).toBe(6);
  });

  it("knows last days and last weekdays", () => {
    expect(rules("2026-02-28")).toContain("FREQ=MONTHLY;BYMONTHDAY=-1");
    expect(rules("2028-02-28")).not.toContain("FREQ=MONTHLY;BYMONTHDAY=-1");
    expect(rules("2026-02-28")).toContain("FREQ=MONTHLY;BYDAY=4SA");
    expect(rules("2026-02-28")).toContain("FREQ=MONTHLY;BYDAY=-1SA");
    expect(rules("2026-01-31")).not.toContain("FREQ=MONTHLY;BYDAY=5SA");
  });
});

describe("a due date that moves with its series", () => {
  it.each([
    ["FREQ=WEEKLY;BYDAY=FR", "2026-11-21", "FREQ=WEEKLY;BYDAY=SA"],
    ["FREQ=WEEKLY;COUNT=5;BYDAY=FR", "2026-11-21", "FREQ=WEEKLY;COUNT=5;BYDAY=SA"],
    ["FREQ=WEEKLY", "2026-11-21", "FREQ=WEEKLY;BYDAY=SA"],
    ["FREQ=MONTHLY;BYMONTHDAY=20", "2026-12-01", "FREQ=MONTHLY;BYMONTHDAY=1"],
    ["FREQ=MONTHLY;BYDAY=3FR", "2026-11-30", "FREQ=MONTHLY;BYDAY=-1MO"],
    ["FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=20", "2026-12-24", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"],
    ["FREQ=DAILY", "2026-12-24", "FREQ=DAILY"],
  ])("%s, moved to %s, is %s", (rrule, to, wanted) => {
    expect(rebased(rrule, FRIDAY, to, ZONE)).toBe(wanted);
  });

  it("leaves days alone that were chosen apart from it", () => {
    const rrule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
    expect(rebased(rrule, FRIDAY, "2026-11-23", ZONE)).toBe(rrule);
  });

  it("stays at the end of the month as long as it can", () => {
    const rrule = "FREQ=MONTHLY;BYMONTHDAY=-1";
    expect(rebased(rrule, "2026-11-30", "2027-02-28", ZONE)).toBe(rrule);
    expect(rebased(rrule, "2026-11-30", "2026-12-15", ZONE)).toBe("FREQ=MONTHLY;BYMONTHDAY=15");
  });
});

it("counts as people do", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 31].map(ordinal)).toEqual(
    "1st 2nd 3rd 4th 11th 12th 13th 21st 31st".split(" "),
  );
});

it("begins like a sentence", () => {
  expect(repeatText("FREQ=DAILY;INTERVAL=2")).toBe("Every 2 days");
});

it("says what becomes of a missing day only where one can be missing", () => {
  const rule = { ...newRule("month"), lastIfShorter: true };
  expect(written({ ...rule, inMonth: { kind: "day", day: 28 } })).not.toMatch(/SKIP/);
  expect(written({ ...rule, inMonth: { kind: "day", day: 29 } })).toMatch(/;SKIP=BACKWARD$/);
  expect(written({ ...rule, inMonth: { kind: "day", day: -1 } })).not.toMatch(/SKIP/);
  const leap = { ...rule, unit: "year" as const, inYear: { month: 2, day: 29 } };
  expect(written(leap)).toMatch(/;SKIP=BACKWARD$/);
});

it("takes the day from the due date where the rule does not say it", () => {
  expect(filled(newRule("month"), FRIDAY).inMonth).toEqual({ kind: "day", day: 20 });
  expect(filled(newRule("week"), "2026-11-22").weekdays).toEqual(["SU"]);
});
