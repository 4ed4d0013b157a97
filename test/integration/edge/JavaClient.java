import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** Java's own client as it is by default: it offers h2c with every request to a plain http address. */
class JavaClient {
  public static void main(String[] args) throws Exception {
    var client = HttpClient.newHttpClient();
    for (var line : args) {
      var words = line.split(" ", 4);
      var request = HttpRequest.newBuilder(URI.create(words[1]));
      if (words[0].equals("POST")) {
        request.header("content-type", words[2]).POST(BodyPublishers.ofString(words[3]));
      }
      var response = client.send(request.build(), BodyHandlers.ofString());
      System.out.println(response.version() + " " + response.statusCode() + " " + (response.body().length() > 0));
    }
  }
}
