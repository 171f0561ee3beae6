import type { ComponentChildren } from "preact";

import { follow } from "../route";
import { AccountMenu } from "./AccountMenu";
import { Bell } from "./Bell";
import { Brand } from "./Brand";

/** `children` stand before the name of the place. */
export function Header({ children }: { children?: ComponentChildren }) {
  return (
    <header class="header">
      {children}
      <a class="home" href="/" onClick={follow}>
        <Brand />
      </a>
      <Bell />
      <AccountMenu />
    </header>
  );
}
