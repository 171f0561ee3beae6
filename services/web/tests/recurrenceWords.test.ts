import { expect, it } from "vitest";

import { recurrenceWords } from "../src/recurrenceWords";

const words = (rrule: string, anchor: "schedule" | "completion" = "schedule") =>
  recurrenceWords({ rrule, anchor });

it.each([
  ["FREQ=DAILY", "every day"],
  ["FREQ=DAILY;INTERVAL=3", "every 3 days"],
  ["FREQ=WEEKLY", "every week"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every 2 weeks on Tue"],
  ["FREQ=WEEKLY;BYDAY=FR,MO,WE", "every week on Mon, Wed and Fri"],
  ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every workday"],
  ["FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every workday"],
  ["FREQ=WEEKLY;BYDAY=SU,SA", "every weekend day"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every 2 weeks on Mon, Tue, Wed, Thu and Fri"],
  ["FREQ=MONTHLY;BYMONTHDAY=1", "every month on the 1st"],
  ["FREQ=MONTHLY;BYMONTHDAY=12,22", "every month on the 12th and 22nd"],
  ["FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"],
  ["FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Fri"],
  ["FREQ=MONTHLY;BYDAY=+2TU", "every month on the 2nd Tue"],
  ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last workday"],
  ["FREQ=MONTHLY;BYDAY=FR;BYSETPOS=3", "every month on the 3rd Fri"],
  ["FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31", "every 3 months on the 31st"],
  ["FREQ=YEARLY", "every year"],
  ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on the 29th of February"],
  ["FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the 4th Thu of November"],
  ["FREQ=YEARLY;BYMONTH=3,9", "every year in March and September"],
  ["FREQ=DAILY;COUNT=10", "every day, 10 times"],
  ["FREQ=WEEKLY;UNTIL=20261231", "every week, until 31 Dec 2026"],
  ["FREQ=DAILY;BYHOUR=9,17", "every day at 09:00 and 17:00"],
  ["FREQ=DAILY;BYHOUR=17,9;BYMINUTE=30", "every day at 09:30 and 17:30"],
  ["FREQ=DAILY;BYHOUR=8;BYMINUTE=0,30", "every day at 08:00 and 08:30"],
  ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9", "every workday at 09:00"],
  ["FREQ=WEEKLY;BYDAY=MO;BYHOUR=9,12,17;COUNT=6", "every week on Mon at 09:00, 12:00 and 17:00, 6 times"],
  ["rrule:freq=weekly;until=20261231T225959Z", "every week, until 31 Dec 2026"],
])("says %s as “%s”", (rrule, expected) => {
  expect(words(rrule)).toBe(expected);
});

it("takes the minute of the due time where a rule names only hours", () => {
  expect(recurrenceWords({ rrule: "FREQ=DAILY;BYHOUR=9,17", anchor: "schedule" }, 15)).toBe(
    "every day at 09:15 and 17:15",
  );
});

it("says from when the next date is counted", () => {
  expect(words("FREQ=DAILY;INTERVAL=3", "completion")).toBe("every 3 days, after it is done");
});

it.each([
  "FREQ=HOURLY",
  "FREQ=DAILY;BYHOUR=6,8,10,12,14,16,18",
  "FREQ=DAILY;BYHOUR=25",
  "FREQ=DAILY;BYMINUTE=0,30",
  "FREQ=YEARLY;BYWEEKNO=20",
  "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
  "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
  "FREQ=WEEKLY;BYDAY=XX",
  "FREQ=DAILY;INTERVAL=1.5",
  "",
])("does not pretend to know how to say “%s”", (rrule) => {
  expect(words(rrule)).toBe("on its own schedule");
});
