#pragma once
// What the canary asks of InvenioRDM's REST API (version 12 and later), and what the answers mean.

#include "observer/http_client.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::observer {

/// All that a canary makes carries this title, with a number of its own behind it: "… 0123456789abcdef".
constexpr std::string_view canary_title = "holdfast canary";

/// More that earlier canaries left is left for the next one.
constexpr std::size_t most_remains = 20;

/// Whether the text can be what a site calls a draft: it becomes part of a path.
[[nodiscard]] bool is_record_id(std::string_view text);

/// Among all that the token's user can see of his own, by words of the title.
[[nodiscard]] HttpRequest find_own(const Url& site, std::string_view title);
/// The drafts of canaries in the answer to `find_own`, never anything published or of another title; nothing
/// where it is no such answer.
[[nodiscard]] std::optional<std::vector<std::string>> canaries_in(const HttpResponse& response);

[[nodiscard]] HttpRequest make_draft(const Url& site, std::string_view title);
/// The new draft's id; nothing where there is none.
[[nodiscard]] std::optional<std::string> id_in(const HttpResponse& response);

[[nodiscard]] HttpRequest register_image(const Url& site, std::string_view id);
[[nodiscard]] HttpRequest upload_image(const Url& site, std::string_view id);
[[nodiscard]] HttpRequest commit_image(const Url& site, std::string_view id);
[[nodiscard]] HttpRequest look_at_image(const Url& site, std::string_view id);
/// The worker has read the image's size into its metadata.
[[nodiscard]] bool has_mark(const HttpResponse& response);

[[nodiscard]] HttpRequest delete_draft(const Url& site, std::string_view id);
[[nodiscard]] HttpRequest look_at_draft(const Url& site, std::string_view id);

} // namespace holdfast::observer
