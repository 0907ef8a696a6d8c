/** Where the documentation is: on the site around this build, or else where the sources are to be seen. */

const site: string | undefined = import.meta.env.VITE_SITE;

export const documentation = site ?? 'https://github.com/famjs/famjs#readme';

/** The page of an error of FAM.js: the site's, or else the one that its message names. */
export function pageOfError({ name, page }: { name: string; page?: string | undefined }): string | undefined {
  return page && site ? new URL(`errors/${name}.html`, new URL(site, document.baseURI)).href : page;
}
