/** Which page is shown. */

import { useEffect } from "preact/hooks";

import { Notices } from "./components/Notices";
import { SignIn } from "./pages/SignIn";
import { SignUp } from "./pages/SignUp";
import { Start } from "./pages/Start";
import { Tasks } from "./pages/Tasks";
import { go, path } from "./route";
import * as session from "./session";

export function App() {
  return (
    <>
      <Page />
      <Notices within="page" />
    </>
  );
}

function Page() {
  const state = session.state.value;
  const atDoor = path.value === "/sign-in" || path.value === "/sign-up";
  useEffect(() => {
    if (state === "signed-in" && atDoor) go("/", { replace: true });
  }, [state, atDoor]);
  if (state === "signed-in") return <Tasks key={session.user.value?.id} />;
  if (state === "anonymous") return path.value === "/sign-up" ? <SignUp /> : <SignIn />;
  return <Start />;
}
