/** The end of people. */
export interface People {
  /**
   * The end of everything kept about a person: inbox, profile, memberships, what is still to reach them, dead letters that name them.
   * Until a later `user.created` nothing reaches them. `at` is milliseconds since 1970; answers whether anything was known of them.
   */
  erase(person: string, at: number): Promise<boolean>
  /** Those of these people who are erased. */
  erased(people: readonly string[]): Promise<readonly string[]>
}
