// An answer other than 200, thrown by whoever cannot give what was asked for.

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
