/**
 * The pages about what can go wrong, made from the one catalogue of errors.
 */
import { exitInterrupted, exitOk } from '../../src/cli/exit.ts'
import { type ErrorCode, errorCatalogue } from '../../src/domain/error-codes.ts'

const note = '<!-- Generated from src/domain/error-codes.ts by scripts/generate.mjs; change it there. -->'
const codes = Object.entries(errorCatalogue) as [ErrorCode, (typeof errorCatalogue)[ErrorCode]][]

export function errorsPage(): string {
  const rows = codes.map(
    ([code, { meaning, status, exit }]) =>
      `| \`${code}\` | ${meaning} | ${status >= 400 ? status : '-'} | ${exit} |`,
  )
  return `# Errors

${note}

Every error has a stable code, a sentence that says what is wrong and where, and a hint at what to do. The command line prints the sentence and the hint; the API answers with

\`\`\`json
{ "error": { "code": "not_found", "message": "Nothing is called \`mailr\`.", "hint": "…", "problems": [] } }
\`\`\`

\`problems\` holds the single mistakes where there can be several, such as in a configuration: each with file, line, field, value, what was expected and the likely fix.
An HTTP request to an address that does not exist is \`not_found\`, one with a wrong method \`usage\` with status 405.

| code | meaning | HTTP status | exit code |
|---|---|---|---|
${rows.join('\n')}
`
}

export function exitCodesPage(): string {
  const exits = [...new Set(codes.map(([, { exit }]) => exit))].sort((a, b) => a - b)
  const rows = exits.map((exit) => {
    const members = codes.filter(([, entry]) => entry.exit === exit)
    return `| ${exit} | ${members.map(([code]) => `\`${code}\``).join(', ')} | ${members.map(([, { meaning }]) => meaning).join(' ')} |`
  })
  return `# Exit codes

${note}

What \`drover\` ends with. Scripts may rely on these numbers.

| code | name | meaning |
|---|---|---|
| ${exitOk} | | What was asked for is done, or was so already. |
${rows.join('\n')}
| ${exitInterrupted} | | Ended by Ctrl-C. What was asked for goes on in the agent. |
`
}
