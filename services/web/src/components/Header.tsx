import { follow } from "../route";
import { AccountMenu } from "./AccountMenu";
import { Brand } from "./Brand";

export function Header() {
  return (
    <header class="header">
      <a class="home" href="/" onClick={follow}>
        <Brand />
      </a>
      <AccountMenu />
    </header>
  );
}
