import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the core: code → sentence and remedy. */
export const coreErrors = defineErrors({
  PLUGINS_INVALID: {
    says: '{problems}',
    remedy: 'Fix each named problem. All problems of all plugins are listed at once; nothing was started.',
  },
  EFFECT_INVALID: {
    says: '{effect}: {problems}',
    remedy:
      'The handler made an effect that cannot be applied. Fix the values it was made from. Where it is a notification, the other effects of the handler are applied, and a retry of the dead letter sends its notifications.',
  },
  EFFECTS_TOO_MANY: {
    says: '{handler} used more than {most} {what} for one event',
    remedy:
      'Reduce them: make the people an audience, or let the producer send several events. The event is kept as a dead letter of this plugin alone.',
  },
  EFFECT_NOT_RETURNED: {
    says: '{effects} made by {handler}, but not returned',
    remedy: 'An effect does nothing until the handler returns it. Add it to the list that is returned.',
  },
  EFFECTS_NOT_A_LIST: {
    says: '{handler} returned {found}, expected a list of effects',
    remedy: 'A handler always returns a list. Return [] if there is nothing to do.',
  },
  HANDLER_FAILED: {
    says: '{handler} threw {error}',
    remedy: 'The event is kept as a dead letter of this plugin alone. Fix the handler, then retry the dead letter.',
  },
  HANDLER_LEFT_ERROR: {
    says: '{handler} had returned when something that it had started failed: {error}',
    remedy:
      'Await everything that a handler starts, and catch the errors that it tolerates. The effects that it returned are applied; nothing is retried.',
  },
  HANDLER_TIMED_OUT: {
    says: '{handler} had not ended after {ms} ms',
    remedy: 'Stop when the signal aborts, or do less: the data that a handler needs belongs in the event.',
  },
  HANDLER_HANGS: {
    says: '{handler} hangs: it gets one event a second until it returns',
    remedy:
      'The handler did not get the event, which is kept as a dead letter of this plugin alone. Fix what the handler waits for. Once the log reports that it returns again, retry the dead letters of this code.',
  },
  HANDLER_BLOCKED: {
    says: '{handler} {why}',
    remedy:
      'The event is kept as a dead letter of this plugin alone, and the thread was restarted. Fix the handler so that it stops in time, then retry the dead letter.',
  },
  RECORD_BLOCKED: {
    says: 'the record {why}',
    remedy:
      'The record is kept as a dead letter with its bytes, and is not decoded again. Check its size and structure, and inform its producer. Retry the dead letter once a version can decode it.',
  },
  RECORDS_GONE: {
    says: '{what}',
    remedy:
      'The people concerned were not told of these events. Send the events again if they still matter, and delete the dead letter. Give the topic a longer retention, or find out why it was not read for so long.',
  },
  POSITION_MOVED: {
    says: 'partition {partition} of {topic} has been applied further meanwhile',
    remedy: 'Pause the topic, read its positions again, and then decide.',
  },
  POSITION_OUTSIDE: {
    says: 'partition {partition} of {topic} cannot be read from {next}: it has {low} to {high}',
    remedy: 'Name an offset that it has, or the one after its last.',
  },
  TOPIC_NOT_CLOUDEVENTS: {
    says: 'the first {count} records of {topic} that were read here have no type: it is paused, before more of them become dead letters',
    remedy:
      'If the topic holds plain JSON, configure how it is read: [notification_service.kafka.envelope] has a part for each such topic. If these records are not for Belfry, resume the topic, and they become dead letters.',
  },
  TOPIC_UNKNOWN: {
    says: 'there is no topic {topic}; the topics are {topics}',
    remedy: 'Name one of the topics that are configured and that a composed plugin listens to.',
  },
  EVENT_ID_REUSED: {
    says: 'the id {id} of {source} was used before for another type or other data: this event is dropped as a repeat',
    remedy:
      'Correct the producer: the id of an update contains its version, such as <bookingId>:updated:<version>. Then send the dropped events again under new ids.',
  },
  EVENT_REFUSED: {
    says: 'the store refused the effects of {plugins}: {why}',
    remedy: 'The event is kept as a dead letter. Check its values and the effects that the plugins make from them.',
  },
  NOTIFICATIONS_REFUSED: {
    says: 'the store refused the notifications of {plugin}: {why}',
    remedy:
      'Everything else that the plugin returned for the event is applied. The event is kept as a dead letter of this plugin alone. Check the texts and the values of its notifications, then retry the dead letter: the retry only notifies.',
  },
  RETRY_IMPOSSIBLE: {
    says: 'dead letter {id} cannot be retried: {why}',
    remedy:
      'Start a version that can decode it. If its bytes are not kept, raise the limit, and move the position of its partition back to its offset (PUT /v1/ops/topics/…/position). Otherwise delete it.',
  },
  FAN_OUT_REFUSED: {
    says: 'the rest of an audience could not be told: {why}',
    remedy: 'The people who were told keep their notification. For the others, send the event again with another id.',
  },
  MESSAGE_NOT_RENDERED: {
    says: '{message} could not be rendered: {why}',
    remedy:
      'Its text or its parameters have changed since the event was decided. Send the event again with another id.',
  },
  STORE_UNAVAILABLE: {
    says: 'the store is away: {why}',
    remedy: 'Nothing is lost. Repeat the call when the store is back.',
    transient: true,
  },
  STORE_REFUSED: {
    says: 'the store refused a value: {why}',
    remedy: 'Nothing was changed. The same call will be refused again.',
  },
  LOG_UNAVAILABLE: {
    says: 'the log of events is away: {why}',
    remedy: 'Send the same events again later, with the same ids. Belfry recognises those that it has accepted.',
    transient: true,
  },
})
