import type { Change } from './frames';
import type { ActivityPage as RestActivityPage, ActivityResponse, ProfileResponse } from './rest';

// What the OpenAPI document of the server does not say yet.

/** The server always sends all fields. */
export type UserProfile = Required<ProfileResponse>;

export type Verb = Change['verb'];

/** The verbs are those of the change frames. */
export interface Activity extends ActivityResponse {
  verb: Verb;
}

export interface ActivityPage extends RestActivityPage {
  results: Activity[];
}
