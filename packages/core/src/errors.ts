import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the core: code → sentence and remedy. */
export const coreErrors = defineErrors({
  PLUGINS_INVALID: {
    says: '{problems}',
    remedy: 'Mend what is named; all problems of all plugins are listed at once, and nothing was started.',
  },
  EFFECT_INVALID: {
    says: '{effect}: {problems}',
    remedy: 'The handler made an effect that could not be applied: mend the values it was made from.',
  },
  EFFECTS_TOO_MANY: {
    says: '{handler} asked for more than {most} {what} for one event',
    remedy:
      'Let the handler ask for less: make the people an audience, or let the producer send several events. The event is kept as a dead letter of this plugin alone.',
  },
  EFFECT_NOT_RETURNED: {
    says: '{effects} made by {handler}, but not returned',
    remedy: 'An effect does nothing until the handler returns it: put it into the list that is returned.',
  },
  EFFECTS_NOT_A_LIST: {
    says: '{handler} returned {found}, expected a list of effects',
    remedy: 'A handler always returns a list; return [] where there is nothing to do.',
  },
  HANDLER_FAILED: {
    says: '{handler} threw {error}',
    remedy: 'The event is kept as a dead letter of this plugin alone: mend the handler, then retry the dead letter.',
  },
  HANDLER_LEFT_ERROR: {
    says: '{handler} had answered when something that it had begun failed: {error}',
    remedy:
      'Await whatever a handler begins, and catch what it may not fail of. What it returned is applied all the same; nothing is retried.',
  },
  HANDLER_TIMED_OUT: {
    says: '{handler} had not ended after {ms} ms',
    remedy: 'Give up earlier when the signal aborts, or ask for less: what a handler needs belongs into the event.',
  },
  HANDLER_HANGS: {
    says: '{handler} hangs: it is given one event a second until it answers',
    remedy:
      'The event was not given to it, and is kept as a dead letter of this plugin alone. Mend what the handler waits for; once the log says that it answers again, retry the dead letters of this code.',
  },
  HANDLER_BLOCKED: {
    says: '{handler} {why}',
    remedy:
      'The event is kept as a dead letter of this plugin alone, and the thread was started anew: mend the handler so that it gives up in time, then retry the dead letter.',
  },
  RECORD_BLOCKED: {
    says: 'the record {why}',
    remedy:
      'The record is kept as a dead letter with its bytes, and is not decoded again. Look at its size and shape, and tell its producer; retry the dead letter once a version can take it.',
  },
  RECORDS_GONE: {
    says: '{what}',
    remedy:
      'Whom these events concern was not told: send them anew if they still matter, and delete the dead letter. Give the topic a longer retention, or look at why it was not read for so long.',
  },
  POSITION_MOVED: {
    says: 'partition {partition} of {topic} has been applied further meanwhile',
    remedy: 'Pause the topic first, look at its positions again, and then decide.',
  },
  POSITION_OUTSIDE: {
    says: 'partition {partition} of {topic} cannot be read from {next}: it has {low} to {high}',
    remedy: 'Name an offset that it has, or the one after its last.',
  },
  TOPIC_NOT_CLOUDEVENTS: {
    says: 'the first {count} records of {topic} that were read here have no type: it is paused, before more of them become dead letters',
    remedy:
      'Where it holds plain JSON, say how it is read: [notification_service.kafka.envelope.{topic}]. Where these records are none of ours, resume the topic, and they become dead letters.',
  },
  TOPIC_UNKNOWN: {
    says: 'there is no topic {topic} here; there are {topics}',
    remedy: 'Name one of the topics that are configured and that a composed plugin listens to.',
  },
  EVENT_REFUSED: {
    says: 'the store refused what {plugins} made of it: {why}',
    remedy: 'The event is kept as a dead letter: look at its values and at the effects that the plugins make of them.',
  },
  RETRY_IMPOSSIBLE: {
    says: 'dead letter {id} cannot be tried again: {why}',
    remedy:
      'Start the version that can read it; where its bytes are not kept, move the position of its partition back to its offset (PUT /v1/ops/topics/…/position) once the limit is raised. Else delete it.',
  },
  FAN_OUT_REFUSED: {
    says: 'the rest of an audience could not be told: {why}',
    remedy: 'Those who were told keep their notification; send the event anew under another id for the others.',
  },
  MESSAGE_NOT_RENDERED: {
    says: '{message} could not be rendered: {why}',
    remedy:
      'Its text or its parameters have changed since the event was decided: send the event anew under another id.',
  },
  STORE_UNAVAILABLE: {
    says: 'the store is away: {why}',
    remedy: 'Nothing is lost; the same call may be made again when the store is back.',
    transient: true,
  },
  STORE_REFUSED: {
    says: 'the store refused a value: {why}',
    remedy: 'Nothing was changed; the same call will be refused again.',
  },
  LOG_UNAVAILABLE: {
    says: 'the log of events is away: {why}',
    remedy: 'Send the same events again later, with the same ids: what was accepted is recognised.',
    transient: true,
  },
})
