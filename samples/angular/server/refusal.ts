// An answer other than 200, thrown by code that cannot give what the request asks for.

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
