import { describe, expect, it } from "vitest";

import { leading, placesOf, pointsBefore, shifted } from "../src/quickText";

const span = (start: number, end: number) => ({ start, end });

describe("places in a text that is edited", () => {
  it("move along with what is typed or deleted before them", () => {
    expect(shifted([span(5, 10)], "Call today", "Call Bob today")).toEqual([span(9, 14)]);
    expect(shifted([span(9, 14)], "Call Bob today", "Call today")).toEqual([span(5, 10)]);
  });

  it("stay when something is typed after them", () => {
    expect(shifted([span(0, 5)], "today", "today at 9")).toEqual([span(0, 5)]);
    expect(shifted([span(0, 5)], "today call", "today")).toEqual([span(0, 5)]);
  });

  it("are gone when they are edited themselves", () => {
    expect(shifted([span(5, 10)], "Call today", "Call tonight")).toEqual([]);
    expect(shifted([span(5, 10)], "Call today", "Call to day")).toEqual([]);
    expect(shifted([span(5, 10)], "Call today", "")).toEqual([]);
  });

  it("count what people see as one character once, not twice", () => {
    expect(shifted([span(2, 7)], "🎂 today", "🎂🎂 today")).toEqual([span(3, 8)]);
    expect(pointsBefore("🎂 today", "🎂 today".length)).toBe(7);
  });

  it("keep apart what is before and what is after the edit", () => {
    const spans = [span(0, 5), span(10, 12)];
    expect(shifted(spans, "today and p1", "today p1")).toEqual([span(0, 5), span(6, 8)]);
  });
});

it("counts from the first character that is not a space, as the API does", () => {
  const text = "  Call today";
  expect(placesOf([span(7, 12)], leading(text))).toEqual([[5, 10]]);
  expect(leading("Call")).toBe(0);
});
