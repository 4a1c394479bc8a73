import type { Effect } from './effects.ts'

const NOTIFIES: Readonly<Record<Effect['kind'], boolean>> = {
  notify: true,
  withdraw: false,
  join: false,
  leave: false,
  endAudience: false,
  profile: false,
  erase: false,
}

/** Whether an effect notifies people. The others keep audiences, profiles and inboxes up to date, whatever becomes of the notifications. */
export const notifies = ({ kind }: Effect): boolean => NOTIFIES[kind]
