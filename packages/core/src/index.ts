export type { BatchReport } from './commit.ts'
export { clipMessage, cutLetter, isTooLarge, sizeOf } from './cut-letter.ts'
export type * from './dead-letters.ts'
export type { Envelopes } from './decide.ts'
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
} from './define-plugin.ts'
export { definePlugin } from './define-plugin.ts'
export type * from './effects.ts'
export { revives } from './erasure.ts'
export { coreErrors } from './errors.ts'
export { blameHandler } from './handler-runs.ts'
export type {
  Asked,
  Failure,
  Host,
  HostOptions,
  Incoming,
  Outcome,
  Place,
  PluginInfo,
  RecordWatch,
  Watch,
} from './host.ts'
export { createHost } from './host.ts'
export type { Alone, Intake, IntakeOptions, IntakeStatus, TopicState } from './intake.ts'
export { createIntake } from './intake.ts'
export { namesIn } from './letter-names.ts'
export { coreLimits } from './limits.ts'
export type { Line, LineOptions } from './line.ts'
export { createLine } from './line.ts'
export type { Log } from './log.ts'
export type * from './members.ts'
export type { Checked, Fits, Message, Messages, ParametersOf, TranslatedMessage, Translation } from './messages.ts'
export { defineMessages, defineTranslation } from './messages.ts'
export { createMove } from './move-position.ts'
export type { RetryOptions } from './retry.ts'
export { createRetry } from './retry.ts'
export type * from './source.ts'
export type * from './store.ts'
export type { Upkeep, UpkeepOptions } from './upkeep.ts'
export { createUpkeep } from './upkeep.ts'
