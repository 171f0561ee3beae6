/** Colours to choose from: each is told apart on light and on dark ground. */
export const COLORS: [color: string, name: string][] = [
  ["#d1453b", "Red"],
  ["#d9730d", "Orange"],
  ["#b98900", "Yellow"],
  ["#4a9a4f", "Green"],
  ["#1f8f86", "Teal"],
  ["#2f80d0", "Blue"],
  ["#6a6fd8", "Indigo"],
  ["#a45bc4", "Purple"],
  ["#cf4f93", "Pink"],
  ["#8a7566", "Brown"],
];
