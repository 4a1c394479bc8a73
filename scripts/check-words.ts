// Checks the English of names, documents and sentences that users read: prints each place with an idiom of IDIOMS and what stands for it,
// and ends with 1 where there is one. With arguments, only in files whose path begins with one of them.
import { globSync, readFileSync } from 'node:fs'

/** What is not written, and what is written instead. */
const IDIOMS: readonly (readonly [not: RegExp, but: string])[] = [
  [
    /\b(?:whoever|whomever|somebody|nobody|everybody|of whom|whose ever)\b/gi,
    'the noun: the instance, no client, every member',
  ],
  [
    /\bso (?:many|much|often|long) (?:milliseconds|seconds|times|bytes)\b|\bso often\b|\bevery so\b/gi,
    'the unit in the name',
  ],
  [
    /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|later\b|better\b|such\b|greater\b|larger\b)[a-z]+/gi,
    'is not a …, has none',
  ],
  [/\bof none\b|\bof no [a-z]+/gi, 'has none'],
  [/\b(?:anew|once more|hitherto|save for)\b/gi, 'again, from the beginning, except'],
  [/\b(?:mend|mends|mended|mending)\b/gi, 'patch, fix'],
  [/\b(?:let|lets|letting|lets) (?:it |them |one )?go\b/gi, 'release'],
  [/\b(?:patient|patience|doubt|doubts|doubted|doubtful)\b/gi, 'tolerate, unconfirmed'],
  [/\bmay not\b/gi, 'must not'],
]

/** Verbs of people, in sentences about programs. `told` is what people are, of notifications. */
const VERBS: readonly (readonly [not: RegExp, but: string])[] = [
  [
    /\b(?:tells?|says?|said|hears?|heard|knows?|knew|(?:looks?|looked)(?! up\b)|asks?|asked|(?:gives?|gave)(?! up\b))\b/g,
    'report, receive, learn of, query, check, return',
  ],
]

/** Words in names: identifiers that are declared, and names of files. */
const NAMES =
  /^(?:mend|hear|tell|say|ask|look|doubt|greet|patien|anew|lettered|whoever|nobody)(?=[A-Z-]|s?\b|ed\b|er\b|ful\b|t\b|ce\b)|(?:Mend|Hear|Tell|Say|Ask|Look|Doubt|Greet|Patien|LetGo|GivenBack|Redone|OfAnotherTime|Lettered|PATIENCE)(?=[A-Z_]|s?\b|ed\b|er\b|ful\b|t\b|ce\b)|^(?:letGo|givenBack|redone|isOfAnotherTime|ourTopics)/

/** What stays as it is, and why. */
const EXCEPTIONS: readonly { readonly in: RegExp; readonly words: RegExp; readonly because: string }[] = [
  { in: /plugin-\w+\/src\/messages|who-is-told\.md$/, words: /./, because: 'texts of notifications speak to people' },
  {
    in: /core\/src\/testing\//,
    words: /^(?:nobody|said|says|tells?)$/,
    because: 'people, texts and events of test cases, and rules about who is told',
  },
  { in: /errors\.ts$/, words: /^says$/, because: 'the field of a row of defineErrors, which packages of users write' },
]

interface Finding {
  readonly file: string
  readonly line: number
  readonly words: string
  readonly but: string
}

const asked = process.argv.slice(2)
const files = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('{docs,packages,apps}/**/*.md', { exclude: (path) => path.includes('node_modules') }),
  ...globSync('{packages,apps}/*/src/**/*.ts'),
].filter((file) => asked.length === 0 || asked.some((one) => file.startsWith(one)))

const DOC_COMMENT = /\/\*\*[\s\S]*?\*\//g
const STRING = /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g
const DECLARED =
  /\b(?:const|let|function\*?|class|interface|type)\s+([A-Za-z_$][\w$]*)|^\s+readonly ([A-Za-z_$][\w$]*)\??:/gm

const found = files.flatMap(check)
for (const { file, line, words, but } of found) console.error(`${file}:${line}: "${words}"; write: ${but}`)
if (found.length > 0) console.error(`${found.length} places`)
process.exitCode = found.length === 0 ? 0 : 1

function check(file: string): Finding[] {
  const isSource = file.endsWith('.ts')
  const content = readFileSync(file, 'utf8')
  // What a document quotes in code is named elsewhere, as is the title of the test of a limit.
  const text = isSource
    ? content.replace(/\btest: '[^'\n]+'/g, (row) => ' '.repeat(row.length))
    : content.replace(/`[^`\n]+`/g, (code) => ' '.repeat(code.length))
  const sentences = isSource ? [...text.matchAll(DOC_COMMENT), ...sentencesIn(text)] : [{ 0: text, index: 0 }]
  const at = (index: number) => text.slice(0, index).split('\n').length
  const idioms = IDIOMS.flatMap(([not, but]) =>
    [...text.matchAll(not)].map((match) => ({ file, line: at(match.index), words: match[0], but })),
  )
  const verbs = sentences.flatMap((sentence) =>
    VERBS.flatMap(([not, but]) =>
      [...sentence[0].matchAll(not)].map((match) => ({
        file,
        line: at(sentence.index + match.index),
        words: match[0],
        but,
      })),
    ),
  )
  const names = isSource
    ? [...text.matchAll(DECLARED)]
        .map((match) => ({ name: match[1] ?? match[2] ?? '', index: match.index }))
        .filter(({ name }) => NAMES.test(name))
        .map(({ name, index }) => ({ file, line: at(index), words: name, but: 'a plain name' }))
    : []
  const path = NAMES.test(file.replace(/.*\//, '')) ? [{ file, line: 1, words: file, but: 'a plain name' }] : []
  return [...idioms, ...verbs, ...names, ...path].filter(
    (finding) => !EXCEPTIONS.some((one) => one.in.test(file) && one.words.test(finding.words)),
  )
}

/** The literals of a source file that are sentences. */
function sentencesIn(text: string) {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\/|(?<=\s|^)\/\/.*$/gm, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  )
  return [...withoutComments.matchAll(STRING)].filter(([literal]) => literal.includes(' '))
}
