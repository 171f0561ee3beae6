/** Which page is shown. */

import { Fragment } from "preact";
import { useEffect } from "preact/hooks";

import { Following } from "./components/Following";
import { Notices } from "./components/Notices";
import { ProofDialog } from "./components/ProofDialog";
import { leaving } from "./leaving";
import { Admin } from "./pages/Admin";
import { Export } from "./pages/Export";
import { ForgotPassword } from "./pages/ForgotPassword";
import { Goodbye } from "./pages/Goodbye";
import { NotForYou } from "./pages/NotForYou";
import { NotificationSettings } from "./pages/NotificationSettings";
import { ReminderLink } from "./pages/ReminderLink";
import { ResetPassword } from "./pages/ResetPassword";
import { Settings } from "./pages/Settings";
import { SignIn } from "./pages/SignIn";
import { SignUp } from "./pages/SignUp";
import { Start } from "./pages/Start";
import { Tasks } from "./pages/Tasks";
import { Unsubscribe } from "./pages/Unsubscribe";
import { VerifyEmail } from "./pages/VerifyEmail";
import { go, linkToken, path } from "./route";
import * as session from "./session";
import * as waitingExport from "./waitingExport";

/** Not for people who are signed in. */
const DOORS = ["/sign-in", "/sign-up", "/goodbye"];

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
  const at = path.value;
  const token = linkToken.value;
  useEffect(() => {
    if (at === "/export" && token) waitingExport.keep(token);
  }, [at, token]);
  useEffect(() => {
    if (state !== "signed-in" || !DOORS.includes(at)) return;
    go(waitingExport.kept() ? "/export" : "/", { replace: true });
  }, [state, at]);

  // These need nobody, and serve whoever is signed in too.
  if (at === "/forgot-password") return <ForgotPassword />;
  if (at === "/reset-password") return <ResetPassword />;
  if (at === "/verify-email") return <VerifyEmail />;
  if (at === "/reminder") return <ReminderLink />;
  if (at === "/unsubscribe") return <Unsubscribe />;
  if (state === "signed-in") {
    return (
      <Fragment key={session.user.value?.id}>
        <Inside at={at} />
        <Following />
        <ProofDialog />
      </Fragment>
    );
  }
  if (state === "anonymous") return <Outside at={at} />;
  return <Start />;
}

function Outside({ at }: { at: string }) {
  if (at === "/sign-up") return <SignUp />;
  if (at === "/goodbye" && leaving.value) return <Goodbye />;
  return at === "/export" ? <SignIn why="Sign in to download your data." /> : <SignIn />;
}

function Inside({ at }: { at: string }) {
  if (at === "/settings") return <Settings />;
  if (at === "/settings/notifications") return <NotificationSettings />;
  if (at === "/export") return <Export />;
  if (at === "/admin" || at.startsWith("/admin/")) {
    return session.user.value?.role === "admin" ? <Admin at={at} /> : <NotForYou />;
  }
  return <Tasks />;
}
