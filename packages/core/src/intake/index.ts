/**
 * What an intake is made of, for those that run several of them in threads. Belfry's own packages share it. It is not meant for users,
 * and changes without notice.
 */
export type { TopicStatus } from './topic-states.ts'
export { TopicStates } from './topic-states.ts'
