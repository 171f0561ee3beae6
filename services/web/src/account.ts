/** The endpoints of one's own account. */

import { authorized, call } from "./api";
import { receive, send } from "./http";
import { ApiError } from "./problem";
import { withProof } from "./proof";
import * as session from "./session";
import type { ApiToken, NewApiToken, Page, Session, User, UserPatch } from "./types";

const MOST = 100;

// --- links from mails: nobody has to be signed in

export function verifyEmail(token: string): Promise<void> {
  return send("POST", "/auth/verify-email", { body: { token } });
}

/** The answer is the same whether there is such an account or not. */
export function forgotPassword(email: string): Promise<void> {
  return send("POST", "/auth/forgot-password", { body: { email } });
}

export function resetPassword(token: string, password: string): Promise<void> {
  return send("POST", "/auth/reset-password", { body: { token, password } });
}

/** The link was used, or is too old, or was never one of ours. */
export function isLinkOver(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.code === "link_expired" || "token" in error.fields || "query.token" in error.fields;
}

// --- the account

/** Take up what was changed elsewhere. */
export async function reloadUser(): Promise<User> {
  const user = await call<User>("GET", "/users/me");
  session.setUser(user);
  return user;
}

export async function updateMe(changes: UserPatch): Promise<User> {
  const user = await call<User>("PATCH", "/users/me", { body: changes });
  session.setUser(user);
  return user;
}

export function resendVerification(): Promise<void> {
  return call("POST", "/auth/verify-email/resend");
}

export function changeEmail(email: string, password: string): Promise<void> {
  return call("POST", "/users/me/email", { body: { email, current_password: password } });
}

export function changePassword(current: string, wanted: string): Promise<void> {
  const body = { current_password: current, new_password: wanted };
  return call("POST", "/users/me/password", { body });
}

export function deleteAccount(password: string): Promise<void> {
  return call("DELETE", "/users/me", { body: { current_password: password } });
}

/** Let this session do for a while what takes a password given lately. */
export function reauthenticate(password: string): Promise<void> {
  return call("POST", "/auth/reauthenticate", { body: { current_password: password } });
}

export function prepareExport(): Promise<void> {
  return call("GET", "/users/me/export");
}

export function fetchExport(token: string): Promise<Blob> {
  const params = new URLSearchParams({ token });
  return authorized((bearer) => receive(`/users/me/export?${params}`, { token: bearer }));
}

// --- sessions and API tokens

export function listSessions(cursor?: string): Promise<Page<Session>> {
  return call("GET", `/auth/sessions?${pageOf(cursor)}`);
}

export function endSession(id: string): Promise<void> {
  return withProof(() => call("DELETE", `/auth/sessions/${id}`));
}

export function endOtherSessions(): Promise<void> {
  return withProof(() => call("DELETE", "/auth/sessions"));
}

export function listTokens(cursor?: string): Promise<Page<ApiToken>> {
  return call("GET", `/tokens?${pageOf(cursor)}`);
}

/** The answer is the only one that has the token itself. */
export function createToken(token: NewApiToken): Promise<ApiToken & { token: string }> {
  return withProof(() => call("POST", "/tokens", { body: token }));
}

export function revokeToken(id: string): Promise<void> {
  return call("DELETE", `/tokens/${id}`);
}

function pageOf(cursor?: string): URLSearchParams {
  return new URLSearchParams(cursor ? { cursor } : { per_page: String(MOST) });
}
