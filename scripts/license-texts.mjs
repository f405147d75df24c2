/**
 * The licences of all packages whose code is inside of our bundles, as one text to ship with them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** From the paths of bundled files, as esbuild tells them. */
export function licenseTexts(root, inputs) {
  const folders = new Set(inputs.flatMap((input) => packageFolder(input)))
  const sections = [...folders].sort().map((folder) => section(join(root, folder)))
  const head = 'Drover contains code of the packages below, each under its own licence.\n'
  return { count: sections.length, text: [head, ...sections].join(`\n${'-'.repeat(78)}\n\n`) }
}

function packageFolder(input) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []
}

function section(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : ''
  return `${name} ${version} (${license})\n\n${text}\n`
}
