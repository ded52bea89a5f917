/** Waits for a task, but not for longer than `milliseconds`; how the task ends does not matter. */
export async function withLimit(task: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([task.catch(() => undefined), limit]);
  clearTimeout(timer);
}
