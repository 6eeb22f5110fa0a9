/**
 * Names the questions of each search text, so that those of the text before are cancelled when another one comes. The
 * returned function answers the job's name; `begins` if a list is read anew: the rest of an older one does not cancel
 * what came after it.
 */
export function jobsOfSearches(
  cancelJob: (job: string) => Promise<unknown>,
): (search: string, begins: boolean) => string {
  let known = "";
  let job: string = crypto.randomUUID();
  return (search, begins) => {
    if (search === known) return job;
    if (!begins) return crypto.randomUUID();
    void cancelJob(job);
    known = search;
    job = crypto.randomUUID();
    return job;
  };
}
