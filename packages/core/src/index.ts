export { coreErrors } from './errors.ts'
export type { Line, LineOptions } from './flow/line.ts'
export { createLine } from './flow/line.ts'
export type { DispatchOptions } from './host/dispatcher.ts'
export { blameHandler } from './host/handler-runs.ts'
export type { Host, HostOptions, PluginInfo } from './host/host.ts'
export { createHost } from './host/host.ts'
export type { Incoming, Place } from './host/incoming.ts'
export type { Failure, Outcome } from './host/outcome.ts'
export type { RecordWatch, Watch } from './host/watch.ts'
export type { BatchReport } from './intake/commit.ts'
export type { Envelopes } from './intake/decode.ts'
export type { Intake, IntakeOptions, IntakeStatus } from './intake/intake.ts'
export { createIntake } from './intake/intake.ts'
export { createMove } from './intake/move-position.ts'
export type { Alone } from './intake/pump.ts'
export type { RetryOptions } from './intake/retry.ts'
export { createRetry } from './intake/retry.ts'
export type { TopicState } from './intake/topic-states.ts'
export { coreLimits } from './limits.ts'
export type { Logger } from './logger.ts'
export type {
  AnyPlugin,
  Context,
  EffectMakers,
  Effects,
  Handler,
  Handlers,
  Notify,
  NotifyOptions,
  Plugin,
  Timed,
  To,
} from './plugin/define-plugin.ts'
export { definePlugin } from './plugin/define-plugin.ts'
export type * from './plugin/effects.ts'
export type { TimeRange } from './plugin/icu-parameters.ts'
export type {
  Checked,
  Fits,
  Message,
  Messages,
  ParametersOf,
  TranslatedMessage,
  Translation,
} from './plugin/messages.ts'
export { defineMessages, defineTranslation } from './plugin/messages.ts'
export type { Render } from './plugin/render.ts'
export type * from './ports/batches.ts'
export { clipMessage, cutLetter, isTooLarge, shownKey, sizeOf } from './ports/cut-letter.ts'
export type * from './ports/dead-letter.ts'
export type * from './ports/dead-letters.ts'
export type * from './ports/event-ref.ts'
export type * from './ports/history.ts'
export type * from './ports/inboxes.ts'
export type * from './ports/members.ts'
export { namesIn } from './ports/names-in.ts'
export type { People } from './ports/people.ts'
export { revives } from './ports/people.ts'
export type * from './ports/positions.ts'
export type * from './ports/publisher.ts'
export type * from './ports/source.ts'
export type * from './ports/store.ts'
export type * from './ports/topics.ts'
export type * from './ports/upkeep-steps.ts'
export type { Upkeep, UpkeepOptions } from './upkeep/upkeep.ts'
export { createUpkeep } from './upkeep/upkeep.ts'
