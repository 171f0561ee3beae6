/** The endpoints for administrators. */

import { call } from "./api";
import type { Figures, Job, Page, Person, Role } from "./types";

const PEOPLE = 20;

export interface PeopleQuery {
  page: number;
  q: string;
  show: "all" | "admins" | "disabled";
}

export function listPeople({ page, q, show }: PeopleQuery): Promise<Page<Person>> {
  const params = new URLSearchParams({ page: String(page), per_page: String(PEOPLE) });
  if (q) params.set("q", q);
  if (show === "admins") params.set("role", "admin");
  if (show === "disabled") params.set("is_active", "false");
  return call("GET", `/users?${params}`);
}

export interface PersonPatch {
  role?: Role;
  is_active?: boolean;
}

export function updatePerson(id: string, changes: PersonPatch): Promise<Person> {
  return call("PATCH", `/users/${id}`, { body: changes });
}

/** API tokens go on. */
export function signOutPerson(id: string): Promise<void> {
  return call("DELETE", `/users/${id}/sessions`);
}

export function listDeadJobs(cursor?: string): Promise<Page<Job>> {
  const params = new URLSearchParams({ state: "dead", ...(cursor ? { cursor } : {}) });
  return call("GET", `/admin/jobs?${params}`);
}

export function retryJob(id: string): Promise<Job> {
  return call("POST", `/admin/jobs/${id}/retry`);
}

/** Up to 1,000 dead ones of a kind; `left` of it are dead still. */
export function retryKind(kind: string): Promise<{ retried: number; left: number }> {
  return call("POST", "/admin/jobs/retry", { body: { kind } });
}

export function figures(): Promise<Figures> {
  return call("GET", "/admin/stats");
}
