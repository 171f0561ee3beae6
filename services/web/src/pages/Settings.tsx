import { useEffect } from "preact/hooks";

import { listSessions, reloadUser } from "../account";
import { Header } from "../components/Header";
import { ApiTokens } from "../components/settings/ApiTokens";
import { CalendarFeeds } from "../components/settings/CalendarFeeds";
import { DeleteAccount } from "../components/settings/DeleteAccount";
import { Email } from "../components/settings/Email";
import { ImportExport } from "../components/settings/ImportExport";
import { Password } from "../components/settings/Password";
import { Profile } from "../components/settings/Profile";
import { Sessions } from "../components/settings/Sessions";
import { SettingsNav } from "../components/settings/SettingsNav";
import { YourData } from "../components/settings/YourData";
import { useList } from "../components/useList";
import { usePage } from "../components/usePage";
import * as session from "../session";

/** Each section saves for itself, and keeps its errors to itself. */
export function Settings() {
  const heading = usePage("Settings");
  const sessions = useList(listSessions);
  const user = session.user.value;
  useEffect(() => {
    // What is known here may be from before a link was opened elsewhere.
    reloadUser().catch(() => undefined);
  }, []);
  async function afterPassword() {
    // The other sessions are gone, and so is a new address that was asked for.
    await Promise.all([sessions.load(), reloadUser().catch(() => undefined)]);
  }

  if (!user) return null;
  return (
    <>
      <Header />
      <main class="page">
        <h1 ref={heading} tabIndex={-1}>
          Settings
        </h1>
        <SettingsNav />
        <Profile user={user} />
        <Email user={user} />
        <Password user={user} onChanged={afterPassword} />
        <Sessions list={sessions} />
        <ApiTokens role={user.role} />
        <ImportExport />
        <CalendarFeeds />
        <YourData />
        <DeleteAccount user={user} />
      </main>
    </>
  );
}
