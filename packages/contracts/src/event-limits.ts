import { defineLimits } from './limits.ts'

const hostile = 'packages/contracts/test/codec/hostile.test.ts'

/** The limits of events, and of the problems that their checks report. */
export const eventLimits = defineLimits({
  DEPTH: {
    what: 'Objects and lists in one another, in events and bodies',
    most: 64,
    unit: 'levels',
    beyond: '400, or a dead letter (`EVENT_INVALID`)',
    test: 'packages/contracts/test/codec/codec.test.ts: returns the reason why a record is not an event',
  },
  LINK: {
    what: 'A link of a notification',
    most: 2_048,
    unit: 'characters',
    beyond: '400, or a dead letter (`EVENT_INVALID`, `EFFECT_INVALID`)',
    test: 'packages/core/test/plugin/links.test.ts: is told that a link is too long',
  },
  PROBLEMS: {
    what: 'Problems listed in an answer, a dead letter or a log line',
    most: 100,
    unit: 'problems',
    beyond: 'the last one is "and N more"',
    test: `${hostile}: is refused with a hundred mistakes in all, and how many more there are`,
  },
  SENTENCE: {
    what: 'The sentence of all problems together',
    most: 4_000,
    unit: 'characters',
    beyond: 'it ends with "and N more"',
    test: `${hostile}: is refused in few words in`,
  },
  SHOWN: {
    what: 'A name or a value of the input, as a problem shows it',
    most: 60,
    unit: 'characters',
    beyond: 'it is cut, and ends with "…"',
    test: `${hostile}: is named by the beginning of them`,
  },
  MESSAGE: {
    what: 'The sentence of one problem',
    most: 500,
    unit: 'characters',
    beyond: 'it is cut, and ends with "…"',
    test: `${hostile}: with very many problems of a rule of the contract is refused in few words`,
  },
  PATH: {
    what: 'The path of a problem',
    most: 200,
    unit: 'characters',
    beyond: 'it is cut, and ends with "…"',
    test: `${hostile}: is refused in few words in`,
  },
  CANDIDATES: {
    what: 'Names that are compared for "did you mean"',
    most: 100,
    unit: 'names',
    beyond: 'no name is suggested',
    test: `${hostile}: is not searched among more than a hundred names`,
  },
  CANDIDATE: {
    what: 'A name that is compared for "did you mean"',
    most: 64,
    unit: 'characters',
    beyond: 'it is not compared',
    test: `${hostile}: is never a name of more than 64 characters, and is not searched for such a name`,
  },
})
