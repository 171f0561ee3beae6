import { describe, expect, it } from "vitest";

import { healthOf } from "../src/figures";
import { kindText, reasonText } from "../src/jobs";

describe("whether reminders go out in time", () => {
  it("is said with the age of the oldest that waits", () => {
    expect(healthOf({ oldest_undelivered_seconds: null }).text).toMatch(/^Nothing/);
    expect(healthOf({ oldest_undelivered_seconds: 0 }).tone).toBe("info");
    expect(healthOf({ oldest_undelivered_seconds: 60 })).toMatchObject({ tone: "info", hint: "" });
    const late = healthOf({ oldest_undelivered_seconds: 61 });
    expect(late.tone).toBe("warn");
    expect(late.text).toContain("1 min");
    expect(late.hint).toMatch(/worker/);
  });
});

describe("a dead job", () => {
  it("is called by what it does", () => {
    expect(kindText("mail.reminder")).toBe("Reminder by e-mail");
    expect(kindText("new.kind")).toBe("new.kind");
  });

  it.each([
    ["SMTPAuthenticationError: 535 bad password", /user name or password/],
    ["ConnectionRefusedError: [Errno 111]", /could not be reached/],
    ["TimeoutError: timed out", /in time/],
    ["SMTP 550: no such mailbox", /refused it for good/],
    ["450 try later", /asked to try later/],
    ["ssl.SSLCertVerificationError: certificate verify failed", /certificate/],
    ["KeyError: 'x'", /^$/],
  ])("%s", (last_error, reason) => {
    expect(reasonText({ crashes: 0, last_error })).toMatch(reason);
  });

  it("may have ended its worker", () => {
    expect(reasonText({ crashes: 3, last_error: null })).toMatch(/worker ended/);
  });
});
