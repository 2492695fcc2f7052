herald {
  state "local" {
    path = "records/spring.state.json"
  }
  encryption {
    recipients = [
      "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv", # ana
      "age1vuqgd8y07ayqud98pfcgkq58qrd65wsr8dt99wgr4l5f7jdrz3tqtyj3t9", # ben
    ]
  }
}
