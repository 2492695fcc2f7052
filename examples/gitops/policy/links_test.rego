package main_test

import data.main

test_safe_links if {
	count(main.deny) == 0 with input as text("See https://shop.example.com/a and HTTPS://shop.example.com/b.")
	picture := message("a", "1001", {"image": "https://cdn.example.com/a.png"})
	count(main.deny) == 0 with input as {"resource_changes": [picture]}
}

test_open_link_in_text if {
	reasons := main.deny with input as text("See\nhttp://shop.example.com/a now")
	reasons == {`message.a has a link that is not https: "http://shop.example.com/a".`}
}

test_open_link_by_itself if {
	every attribute in ["link", "image", "audio", "video"] {
		sent := message("a", "1001", {attribute: "http://cdn.example.com/a"})
		reasons := main.deny with input as {"resource_changes": [sent]}
		reasons == {`message.a has a link that is not https: "http://cdn.example.com/a".`}
	}
}

test_other_schemes if {
	reasons := main.deny with input as text("ftp://shop.example.com")
	count(reasons) == 1
}
