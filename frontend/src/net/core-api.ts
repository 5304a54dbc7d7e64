import type {
  GuestUpgrade,
  ListPage,
  ListResponse,
  ProfileUpdate,
  Registration,
  UserProfile,
} from '../protocol/rest';
import type { Http } from './http';

/** How many lists one response has. */
export const PAGE_SIZE = 200;

/** The endpoints that a page may need before a part of it is loaded on demand. */
export class CoreApi {
  constructor(protected readonly http: Http) {}

  getProfile(): Promise<UserProfile> {
    return this.http({ method: 'GET', path: 'auth/me/' });
  }

  signIn(username: string, password: string): Promise<UserProfile> {
    return this.http({ method: 'POST', path: 'auth/login/', body: { username, password } });
  }

  signOut(): Promise<void> {
    return this.http({ method: 'POST', path: 'auth/logout/' });
  }

  register(account: Registration): Promise<UserProfile> {
    return this.http({ method: 'POST', path: 'auth/register/', body: account });
  }

  updateProfile(profile: ProfileUpdate): Promise<UserProfile> {
    return this.http({ method: 'PATCH', path: 'auth/me/', body: profile });
  }

  /** Delete the account permanently. Guests have no password. */
  deleteAccount(password: string | null): Promise<void> {
    const body = password === null ? {} : { password };
    return this.http({ method: 'DELETE', path: 'auth/me/', body });
  }

  changePassword(current_password: string, new_password: string): Promise<void> {
    const body = { current_password, new_password };
    return this.http({ method: 'POST', path: 'auth/password/', body });
  }

  /** Set a password with the secret of a one-time link. This also signs in. */
  resetPassword(token: string, new_password: string): Promise<UserProfile> {
    return this.http({ method: 'POST', path: 'auth/reset/', body: { token, new_password } });
  }

  async getLists(): Promise<ListResponse[]> {
    const page: ListPage = await this.http({
      method: 'GET',
      path: `shopping-lists/?page_size=${PAGE_SIZE}`,
    });
    return page.results;
  }

  /** Turn the guest into a user with an account. */
  upgradeGuest(account: GuestUpgrade): Promise<UserProfile> {
    return this.http({ method: 'POST', path: 'auth/upgrade/', body: account });
  }
}
